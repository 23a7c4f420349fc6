import { createLookup, identify, type WantedName } from '../../adapters/slack/check-workspace.ts';
import { createSlackClient } from '../../adapters/slack/client.ts';
import { BOT_SCOPES } from '../../adapters/slack/scopes.ts';
import { formatFault } from '../../catalogue/load-catalogue.ts';
import type { ParsedFile } from '../../catalogue/parse-yaml.ts';
import type { ServiceFile } from '../../catalogue/service-file.ts';
import type { Config } from '../../config.ts';
import { type Area, areaOf, unchecked } from './area.ts';

/** A name, and how a fault of it is told: with its variable, or its file, line and column. */
interface Named {
  readonly wanted: WantedName;
  fault(message: string): string;
}

const NAME = 'Slack';
const PEOPLE = ['sre', 'ml', 'product', 'security', 'leadership'] as const;

/** The token, its scopes, and everybody and every channel that variables and service files name. */
export async function checkSlack(
  config: Config,
  services: readonly ParsedFile<ServiceFile>[],
): Promise<Area> {
  if (config.slack === undefined)
    return unchecked(
      NAME,
      `not checked: set ${config.missingSlack.join(' and ')}, which aire start needs too`,
    );
  const client = createSlackClient(config.slack);
  const identity = await identify(client);
  if (identity.kind === 'unknown') return unchecked(NAME, `could not be checked: ${identity.reason}`);
  if (identity.kind === 'refused') return areaOf(NAME, '', [`SLACK_BOT_TOKEN: ${identity.message}`]);
  const scopes = identity.missingScopes.map(
    (scope) =>
      `SLACK_BOT_TOKEN: the scope ${scope} is missing (${BOT_SCOPES[scope]}); add it under OAuth & Permissions and reinstall the app`,
  );

  const lookUp = createLookup(client);
  const names = [...channelsOf(config), ...services.flatMap(namesOf)];
  const answers = new Map<string, ReturnType<typeof lookUp>>();
  for (const { wanted } of names) {
    const key = keyOf(wanted);
    answers.set(key, answers.get(key) ?? lookUp(wanted));
  }
  const faults = [...scopes];
  const reasons = new Set<string>();
  for (const { wanted, fault } of names) {
    const answer = await answers.get(keyOf(wanted));
    if (answer?.kind === 'fault') faults.push(fault(answer.message));
    if (answer?.kind === 'unknown') reasons.add(answer.reason);
  }
  if (faults.length > 0) return areaOf(NAME, '', faults);
  const said = `workspace ${identity.team}, ${answers.size} ${answers.size === 1 ? 'name' : 'names'} found`;
  return reasons.size === 0
    ? areaOf(NAME, said)
    : unchecked(
        NAME,
        `workspace ${identity.team}; some names could not be checked: ${[...reasons].join('; ')}`,
      );
}

function keyOf({ kind, name }: WantedName): string {
  return `${kind} ${name}`;
}

function channelsOf({ channels }: Config): Named[] {
  const named = (variable: string, name: string): Named => ({
    wanted: { kind: 'channel', name },
    fault: (message) => `${variable}: ${message}`,
  });
  return [
    named('AIRE_INCIDENTS_CHANNEL', channels.incidents),
    ...(channels.review === channels.incidents ? [] : [named('AIRE_REVIEW_CHANNEL', channels.review)]),
  ];
}

function namesOf({ value, fault }: ParsedFile<ServiceFile>): Named[] {
  const named = (kind: WantedName['kind'], path: readonly (string | number)[], name?: string): Named[] =>
    name === undefined
      ? []
      : [
          {
            wanted: { kind, name },
            fault: (message) => formatFault(fault(path, `${path.join('.')}: ${message}`)),
          },
        ];
  return [
    ...PEOPLE.flatMap((role) => named('person', ['owners', role], value.owners[role])),
    ...named('channel', ['owners', 'channel'], value.owners.channel),
    ...value.approval.approvers.flatMap((name, index) =>
      named('approver', ['approval', 'approvers', index], name),
    ),
  ];
}
