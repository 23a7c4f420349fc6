import { readFile } from 'node:fs/promises';
import { latest } from '../../src/cli/demo/hands.ts';
import type { TestStage } from './stage.ts';

/** A vendor's payload as it is kept in `test/fixtures/<source>/<name>.json`. */
export const payload = (source: string, name: string): Promise<string> =>
  readFile(`test/fixtures/${source}/${name}.json`, 'utf8');

/** Posts to the bot and lets what follows happen: the status and the body of the answer. */
export async function deliver(
  stage: TestStage,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Promise<[number, unknown]> {
  const answer = await fetch(stage.app.url + path, { method: 'POST', headers, body });
  const answered: unknown = await answer.json();
  await stage.app.settle();
  return [answer.status, answered];
}

/** What the incidents channel shows. */
export const incidentsChannel = (stage: TestStage): string[] =>
  stage.slack.channel('incidents').messages.map((message) => stage.slack.render(message));

/** The last message there about the shipped service. */
export const proposal = (stage: TestStage): string =>
  stage.slack.render(latest(stage.slack, 'incidents', 'support-agent'));

/** How much is stored. */
export const stored = async (stage: TestStage): Promise<number[]> => [
  await stage.count('deliveries'),
  await stage.count('signals'),
  await stage.count('jobs'),
];

/** Adds to `sources` of the shipped service file that has alerts. */
export const withSources =
  (added: { alerts?: string; more?: string }) =>
  (file: string): string =>
    file.replace(
      'sources:\n  alerts:\n    - from: pagerduty\n',
      `sources:\n${added.more === undefined ? '' : `  ${added.more}\n`}  alerts:\n${added.alerts === undefined ? '' : `    - ${added.alerts}\n`}    - from: pagerduty\n`,
    );
