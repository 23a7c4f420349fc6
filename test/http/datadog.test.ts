import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/time.ts';
import { deliver, incidentsChannel, payload, proposal, withSources } from '../support/deliver.ts';
import { type TestStage, useStage } from '../support/stage.ts';

const TOKEN = 'token-0123456789';
const useDatadog = useStage();
const stageWith = () =>
  useDatadog({
    env: { AIRE_ALERT_TOKENS: `datadog=${TOKEN}` },
    edit: withSources({
      alerts:
        '{ from: datadog, match: { title: "hallucination*", env: prod }, trigger: eval_score_drop, without_value: trust }',
    }),
  });
const send = async (stage: TestStage, body: string) =>
  deliver(stage, '/webhooks/datadog', body, { authorization: `Bearer ${TOKEN}` });

describe('POST /webhooks/datadog', () => {
  it('a monitor that triggered is proposed, a repeat of it changes nothing, and recovered it closes the question', async () => {
    const stage = await stageWith();
    const triggered = await payload('datadog', 'triggered');
    await send(stage, triggered);
    expect(proposal(stage)).toContain('Datadog alert “Hallucination rate high” is firing');
    await send(stage, triggered.replace('"Triggered"', '"Renotify"'));
    expect(incidentsChannel(stage)).toHaveLength(1);
    stage.clock.advance(14 * MINUTE);
    await send(stage, await payload('datadog', 'recovered'));
    expect(proposal(stage)).not.toContain('[Declare]');
  });

  it('a test notification is answered and shown nowhere', async () => {
    const stage = await stageWith();
    expect(await send(stage, await payload('datadog', 'test'))).toEqual([
      202,
      { accepted: 0, duplicate: 0, refused: [], note: expect.stringContaining('A test declares nothing') },
    ]);
    expect(incidentsChannel(stage)).toEqual([]);
  });

  it('the payload that README has people paste is the one that is read', async () => {
    const readme = await readFile('README.md', 'utf8');
    const template = /^ *(\{ "aire": "datadog\/1"[\s\S]*?\})$/m.exec(readme)?.[1] ?? '';
    const sent: unknown = JSON.parse(await payload('datadog', 'triggered'));
    const names = (value: unknown) => Object.keys(Object(value)).sort();
    expect(names(JSON.parse(template))).toEqual(names(sent));
  });
});
