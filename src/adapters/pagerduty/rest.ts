import { z } from 'zod';
import type { Page, PageReceipt, Pager, PagerAnswer } from '../../incidents/pager.ts';
import { MINUTE, SECOND } from '../../time.ts';
import { pagerDutyRequest, type RestAnswer, type RestOptions, type RestRequest } from './request.ts';

const incident = z.object({
  id: z.string().min(1),
  status: z.string(),
  incident_key: z.string().nullish(),
  html_url: z.url().optional().catch(undefined),
  service: z.object({ id: z.string() }),
});
const one = z.object({ incident });
const several = z.object({ incidents: z.array(incident) });
const refusal = z.object({
  error: z.object({
    message: z.string().catch(''),
    code: z.number().optional().catch(undefined),
    errors: z.union([z.array(z.string()), z.string().transform((text) => [text])]).catch([]),
  }),
});

const ALREADY_RESOLVED = 1001;
const UNKNOWN_FROM = 1008;
const REASON_LIMIT = 500;

/** Pages the owners of a PagerDuty service over the REST API (reference integrations §2.2). */
export function createPagerDuty(options: RestOptions): Pager {
  const ask = (request: RestRequest) => pagerDutyRequest(options, request);
  const reasonOf = (answer: RestAnswer): string =>
    describeAnswer(answer).replaceAll(options.token, '…').slice(0, REASON_LIMIT);

  async function find(key: string): Promise<PagerAnswer<PageReceipt | undefined>> {
    const answer = await ask({
      method: 'GET',
      path: '/incidents',
      query: { incident_key: key, limit: '100' },
    });
    const read = answer.kind === 'json' && answer.status === 200 ? several.safeParse(answer.data) : undefined;
    if (read?.success !== true) return failure(answer, reasonOf(answer));
    const own = read.data.incidents.filter((each) => each.incident_key === key).map(receiptOf);
    return { kind: 'ok', value: own.find((each) => !each.isResolved) ?? own[0] };
  }

  async function page(asked: Page): Promise<PagerAnswer<PageReceipt>> {
    const answer = await ask({ method: 'POST', path: '/incidents', data: { incident: bodyOf(asked) } });
    if (answer.kind === 'json' && answer.status === 201) {
      const made = one.safeParse(answer.data);
      return made.success
        ? { kind: 'ok', value: receiptOf(made.data.incident) }
        : { kind: 'ambiguous', reason: 'PagerDuty answered 201 without an incident.' };
    }
    if (answer.kind !== 'json' || answer.status !== 400) return failure(answer, reasonOf(answer));
    // 400 is also how PagerDuty says that an incident of this key is open.
    const known = await find(asked.key);
    if (known.kind !== 'ok') return known;
    return known.value === undefined ? failure(answer, reasonOf(answer)) : { kind: 'ok', value: known.value };
  }

  return {
    page,
    find,
    async resolve(id) {
      const answer = await ask({
        method: 'PUT',
        path: `/incidents/${encodeURIComponent(id)}`,
        data: { incident: { type: 'incident_reference', status: 'resolved' } },
      });
      const isDone =
        answer.kind === 'json' && (answer.status === 200 || codeOf(answer.data) === ALREADY_RESOLVED);
      return isDone ? { kind: 'ok', value: undefined } : failure(answer, reasonOf(answer));
    },
  };
}

function bodyOf(page: Page): object {
  return {
    type: 'incident',
    title: page.title,
    service: { id: page.service, type: 'service_reference' },
    urgency: 'high',
    incident_key: page.key,
    body: { type: 'incident_body', details: page.details },
    ...(page.escalationPolicy === undefined
      ? {}
      : { escalation_policy: { id: page.escalationPolicy, type: 'escalation_policy_reference' } }),
  };
}

function receiptOf(read: z.output<typeof incident>): PageReceipt {
  return {
    id: read.id,
    service: read.service.id,
    isResolved: read.status === 'resolved',
    ...(read.html_url === undefined ? {} : { url: read.html_url }),
  };
}

/** 429 says "not now" before anything happened; 5xx, other pages than JSON and silence may come after the effect. */
function failure(answer: RestAnswer, reason: string): Exclude<PagerAnswer<never>, { kind: 'ok' }> {
  if (answer.kind === 'no_answer')
    return answer.sent === 'no' ? { kind: 'not_now', reason } : { kind: 'ambiguous', reason };
  if (answer.status === 429) {
    const seconds = answer.kind === 'json' ? answer.resetSeconds : undefined;
    return {
      kind: 'not_now',
      reason,
      ...(seconds === undefined ? {} : { afterMs: Math.min(5 * MINUTE, Math.max(SECOND, seconds * SECOND)) }),
    };
  }
  const isFinal = answer.status >= 400 && answer.status < 500 && answer.status !== 408;
  return { kind: isFinal ? 'refused' : 'ambiguous', reason };
}

function codeOf(data: unknown): number | undefined {
  return refusal.safeParse(data).data?.error.code;
}

/** What PagerDuty said, or that it said nothing, in words. */
export function describeAnswer(answer: RestAnswer): string {
  if (answer.kind === 'no_answer')
    return `PagerDuty could not be reached, or did not answer in time: ${answer.reason}`;
  if (answer.kind === 'no_json') return `PagerDuty answered ${answer.status} without JSON.`;
  if (answer.status === 429) return 'PagerDuty is limiting the rate of requests (429).';
  const said = refusal.safeParse(answer.data).data?.error;
  if (said === undefined) return `PagerDuty answered ${answer.status} with something unexpected.`;
  const code = said.code === undefined ? '' : ` (code ${said.code})`;
  const words = [said.message, ...said.errors].filter((each) => each !== '').join(': ');
  return `PagerDuty answered ${answer.status}${code}: ${words}.${hint(answer.status, said.code)}`;
}

function hint(status: number, code: number | undefined): string {
  if (code === UNKNOWN_FROM) return ' PAGERDUTY_FROM must be the email address of a user of that account.';
  if (status === 401 || status === 403) return ' Check PAGERDUTY_API_TOKEN: it must be a key that may write.';
  if (status === 404) return ' Check owners.pagerduty_service in the service file.';
  return '';
}
