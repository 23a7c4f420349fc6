import { sql } from 'drizzle-orm';
import { afterEach, expect, it } from 'vitest';
import { type Listening, listen, type Received } from '../../src/adapters/stand-ins/http-exchange.ts';
import { clickButton } from '../../src/cli/demo/hands.ts';
import { evalRun } from '../../src/cli/demo/history.ts';
import { verifyWebhook } from '../../src/standard-webhooks.ts';
import { MINUTE } from '../../src/time.ts';
import { ANA, propose, START, type TestStage, useStage } from '../support/stage.ts';

const SECRET = `whsec_${Buffer.alloc(32, 'evals').toString('base64')}`;
const stageWith = useStage();
const hooks: Listening[] = [];
afterEach(async () => {
  for (const hook of hooks.splice(0)) await hook.close();
});

interface Asked {
  readonly key: string | undefined;
  readonly body: unknown;
}

/** The bot with a hook that takes what is signed; `status` is what it answers. */
async function withHook(status: () => number = () => 202, edit = (text: string) => text) {
  const asked: Asked[] = [];
  const hook = await listen(({ headers, body }: Received) => {
    const now = new Date();
    const verdict = verifyWebhook({ secrets: [SECRET], headers, rawBody: body, now });
    if (!verdict.ok) return { status: 401 };
    asked.push({ key: headers['idempotency-key'], body: JSON.parse(body.toString('utf8')) });
    return { status: status() };
  });
  hooks.push(hook);
  const stage = await stageWith({
    env: { AIRE_SECRET_EVALS: SECRET },
    edit: (text) =>
      edit(
        text.replace(
          'service: support-agent\n',
          `service: support-agent\nevals: { run: { url: "${hook.url}/runs", secret: AIRE_SECRET_EVALS }, every: 1h, during_incident: 15m }\n`,
        ),
      ),
  });
  await stage.app.settle();
  return { stage, asked };
}

const run = (reason: string, at: string) => ({
  key: `evals:support-agent:${reason}:2026-11-23T${at}:00.000Z`,
  body: { service: 'support-agent', reason, at: `2026-11-23T${at}:00.000Z` },
});
const pass = async (stage: TestStage, minutes: number): Promise<void> => {
  for (let minute = 0; minute < minutes; minute++) await stage.pass(MINUTE);
};

it('evals run each hour, and every 15 min while there is an incident', async () => {
  const { stage, asked } = await withHook();
  expect(asked).toEqual([run('scheduled', '02:00')]);
  await pass(stage, 20);
  expect(asked).toEqual([run('scheduled', '02:00'), run('scheduled', '03:00')]);
  await propose(stage);
  await clickButton(stage, ANA, 'incidents', 'Declare');
  await pass(stage, 30);
  expect(asked.slice(2)).toEqual([run('incident', '03:15'), run('incident', '03:30')]);
});

it('a run that could not be started is tried with the same key until it is', async () => {
  let status = 500;
  const { stage, asked } = await withHook(() => status);
  await pass(stage, 2);
  expect(asked).toEqual(Array(3).fill(run('scheduled', '02:00')));
  status = 202;
  await pass(stage, 10);
  expect(asked).toHaveLength(4);
});

it('a suspicion asks at once, once, for a larger sample', async () => {
  const { stage, asked } = await withHook(
    () => 202,
    (text) => text.replace('baseline: { over: 7d }', 'baseline: { pinned: { task_completion_rate: 95% } }'),
  );
  const send = (value: number) => {
    stage.clock.advance(MINUTE);
    const items = evalRun(stage.clock.now(), { task_completion_rate: value }, 'v42');
    return stage.signals.send(items.map((item) => ({ ...item, samples: 40 })));
  };
  await send(0.87);
  await stage.app.settle();
  expect(asked.slice(1)).toEqual([
    {
      key: 'evals:support-agent:suspected:2026-11-23T02:43:00.000Z',
      body: { service: 'support-agent', reason: 'suspected', at: '2026-11-23T02:43:00.000Z', samples: 300 },
    },
  ]);
  await pass(stage, 5);
  expect(asked).toHaveLength(2);
  const [row] = await stage.database.rows(sql`select count(*)::int as n from incidents`);
  expect(row?.n).toBe(0);
  expect(START).toEqual(new Date('2026-11-23T02:42:00Z'));
});
