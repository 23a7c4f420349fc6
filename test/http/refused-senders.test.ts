import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deliver, payload, stored } from '../support/deliver.ts';
import { useStage } from '../support/stage.ts';

const SECRET = 'the-secret-of-this-sender';
const TOKEN = 'token-0123456789';
const useSenders = useStage();
const stageWith = () =>
  useSenders({
    env: {
      AIRE_ALERT_TOKENS: `monitoring=${TOKEN}`,
      GRAFANA_WEBHOOK_SECRET: SECRET,
      LANGFUSE_WEBHOOK_SECRET: SECRET,
      LANGSMITH_WEBHOOK_SECRET: SECRET,
      GITHUB_WEBHOOK_SECRET: SECRET,
    },
  });
const hex = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');
const bearer = (right: boolean) => ({ authorization: `Bearer ${right ? TOKEN : 'token-9876543210'}` });

/** What a sender sets, with a right secret or token and with a wrong one. */
const SENDERS: readonly [string, string, string, (body: string, right: boolean) => Record<string, string>][] =
  [
    ['grafana', 'grafana', 'firing', (_body, right) => bearer(right)],
    [
      'grafana, signed',
      'grafana',
      'firing',
      (body, right) => ({ 'x-grafana-alerting-signature': hex(right ? SECRET : 'x', body) }),
    ],
    [
      'github',
      'github',
      'deployment',
      (body, right) => ({ 'x-hub-signature-256': `sha256=${hex(right ? SECRET : 'x', body)}` }),
    ],
    [
      'langfuse',
      'langfuse',
      'alert',
      (body, right) => {
        const now = Math.floor(Date.now() / 1000);
        return { 'x-langfuse-signature': `t=${now},s=${hex(right ? SECRET : 'x', `${now}.${body}`)}` };
      },
    ],
    ['langsmith alerts', 'langsmith', 'alert', (_body, right) => bearer(right)],
    [
      'langsmith engine',
      'langsmith',
      'issue-created',
      (body, right) => ({ 'x-langsmith-signature': `sha256=${hex(right ? SECRET : 'x', body)}` }),
    ],
    ['braintrust', 'braintrust', 'logs', (_body, right) => bearer(right)],
    ['datadog', 'datadog', 'triggered', (_body, right) => bearer(right)],
  ];

describe('who may post', () => {
  it.each(SENDERS)(
    '%s: nothing is stored of a stranger, and all of a known sender',
    async (_what, source, name, headersFor) => {
      const stage = await stageWith();
      const body = await payload(source, name);
      const before = await stored(stage);
      for (const headers of [{}, bearer(false), headersFor(body, false)]) {
        expect(await deliver(stage, `/webhooks/${source}`, body, headers)).toEqual([
          401,
          { error: expect.any(String), code: 'delivery_unauthenticated' },
        ]);
      }
      expect(await stored(stage)).toEqual(before);
      const [status] = await deliver(stage, `/webhooks/${source}`, body, headersFor(body, true));
      expect(status).toBe(202);
      expect(await stage.count('deliveries')).toBe((before[0] ?? 0) + 1);
    },
  );
});
