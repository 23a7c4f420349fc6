import { z } from 'zod';
import { pagerDutyRequest, type RestAnswer, type RestOptions } from './request.ts';
import { describeAnswer } from './rest.ts';

/** What is to be looked up at PagerDuty. */
export interface WantedObject {
  readonly kind: 'service' | 'escalation policy';
  readonly id: string;
}

/** What an account lacks. Everything of `unknown` could not be looked up, for that reason. */
export interface AccountFindings {
  readonly faults: readonly { readonly variable: string; readonly message: string }[];
  readonly missing: readonly WantedObject[];
  readonly unknown?: string;
}

const PATHS = { service: '/services/', 'escalation policy': '/escalation_policies/' } as const;
const users = z.object({ users: z.array(z.object({ email: z.string() })) });

/** Whether the key is good, whether the user to page as exists, and which of the wanted objects do not. Changes nothing. */
export async function checkAccount(
  options: RestOptions,
  wanted: readonly WantedObject[],
): Promise<AccountFindings> {
  const get = (path: string, query?: Readonly<Record<string, string>>): Promise<RestAnswer> =>
    pagerDutyRequest(options, { method: 'GET', path, ...(query === undefined ? {} : { query }) });
  const unknown = (answer: RestAnswer): string => describeAnswer(answer).replaceAll(options.token, '…');

  const asked = await get('/users', { query: options.from, limit: '100' });
  if (asked.kind === 'json' && asked.status === 401) {
    const message =
      'PagerDuty does not accept it (401); make a key under Integrations, API Access Keys, and check PAGERDUTY_API_URL';
    return { faults: [{ variable: 'PAGERDUTY_API_TOKEN', message }], missing: [] };
  }
  const read = asked.kind === 'json' && asked.status === 200 ? users.safeParse(asked.data) : undefined;
  if (read?.success !== true) return { faults: [], missing: [], unknown: unknown(asked) };
  const isUser = read.data.users.some((user) => user.email.toLowerCase() === options.from.toLowerCase());
  const faults = isUser
    ? []
    : [
        {
          variable: 'PAGERDUTY_FROM',
          message: `no user of this PagerDuty account has the e-mail address ${options.from}; give that of one`,
        },
      ];

  const answers = await Promise.all(
    wanted.map(async (object) => ({
      object,
      answer: await get(`${PATHS[object.kind]}${encodeURIComponent(object.id)}`),
    })),
  );
  const silent = answers.find(
    ({ answer }) => answer.kind !== 'json' || (answer.status !== 200 && answer.status !== 404),
  );
  return {
    faults,
    missing: answers
      .filter(({ answer }) => answer.kind === 'json' && answer.status === 404)
      .map(({ object }) => object),
    ...(silent === undefined ? {} : { unknown: unknown(silent.answer) }),
  };
}
