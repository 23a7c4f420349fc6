import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clickButton } from '../../src/cli/demo/hands.ts';
import { deliver, incidentsChannel, payload, withSources } from '../support/deliver.ts';
import { ANA, propose, type TestStage, useStage } from '../support/stage.ts';

const SECRET = 'github-webhook-secret';
const useGitHub = useStage();
const stageWith = () =>
  useGitHub({
    env: { GITHUB_WEBHOOK_SECRET: SECRET },
    edit: withSources({
      more: 'changes: [ { from: github, match: { repository: acme/agent, environment: production }, what: deploy } ]',
    }),
  });
const send = (stage: TestStage, body: string, id = '72d3162e-cc78-11e3-81ab-4c9367dc0958') =>
  deliver(stage, '/webhooks/github', body, {
    'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    'x-github-delivery': id,
  });
const nothing = (note: string) => [
  202,
  { accepted: 0, duplicate: 0, refused: [], note: expect.stringContaining(note) },
];

describe('POST /webhooks/github', () => {
  it('a deployment shortly before is among what moved when an incident is declared', async () => {
    const stage = await stageWith();
    const body = await payload('github', 'deployment');
    expect(await send(stage, body)).toEqual([202, { accepted: 1, duplicate: 0, refused: [] }]);
    await propose(stage);
    await clickButton(stage, ANA, 'incidents', 'Declare');
    const channel = stage.slack.channel('inc-1-support-agent').messages;
    expect(channel.map((message) => stage.slack.render(message)).join('\n')).toContain('6dcb09b5b578');
  });

  it('the same delivery, and the same deployment under another id, do nothing', async () => {
    const stage = await stageWith();
    const body = await payload('github', 'deployment');
    await send(stage, body);
    expect((await send(stage, body))[0]).toBe(200);
    expect(await send(stage, body, 'another')).toEqual([202, { accepted: 0, duplicate: 1, refused: [] }]);
  });

  it('a ping is a pong; what nobody claims or aire does not read is answered and shown nowhere', async () => {
    const stage = await stageWith();
    expect(await send(stage, await payload('github', 'ping'), '1')).toEqual(nothing('pong'));
    expect(await send(stage, await payload('github', 'push'), '2')).toEqual(nothing('only deployment'));
    const staging = (await payload('github', 'deployment')).replaceAll('"production"', '"staging"');
    expect(await send(stage, staging, '3')).toEqual(nothing('environment: "staging"'));
    expect([incidentsChannel(stage), await stage.count('signals')]).toEqual([[], 0]);
  });
});
