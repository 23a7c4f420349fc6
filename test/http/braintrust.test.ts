import { describe, expect, it } from 'vitest';
import { deliver, incidentsChannel, payload, proposal, withSources } from '../support/deliver.ts';
import { useStage } from '../support/stage.ts';

const TOKEN = 'token-0123456789';
const useBraintrust = useStage();
const stageWith = () =>
  useBraintrust({
    env: { AIRE_ALERT_TOKENS: `braintrust=${TOKEN}` },
    edit: withSources({
      alerts:
        '{ from: braintrust, match: { title: "low factuality" }, trigger: eval_score_drop, without_value: trust }',
    }),
  });

describe('POST /webhooks/braintrust', () => {
  it('an alert is proposed, its token in the address; its test declares nothing', async () => {
    const stage = await stageWith();
    const address = `/webhooks/braintrust/${TOKEN}`;
    expect(await deliver(stage, address, await payload('braintrust', 'test'), {})).toEqual([
      202,
      { accepted: 0, duplicate: 0, refused: [], note: expect.stringContaining('A test declares nothing') },
    ]);
    expect(incidentsChannel(stage)).toEqual([]);
    expect(await deliver(stage, address, await payload('braintrust', 'logs'), {})).toMatchObject([
      202,
      { accepted: 1 },
    ]);
    expect(proposal(stage)).toContain('Braintrust alert “Low factuality” is firing');
  });
});
