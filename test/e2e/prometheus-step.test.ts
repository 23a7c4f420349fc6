import { afterEach, describe, expect, inject, it, onTestFailed } from 'vitest';
import { createOutgoing } from '../../src/adapters/outgoing/create-outgoing.ts';
import { createReader } from '../../src/adapters/outgoing/reader.ts';
import { createPrometheus } from '../../src/adapters/prometheus/query.ts';
import { evalRun, healthyWeek } from '../../src/cli/demo/history.ts';
import { promqlSafe } from '../../src/runbooks/promql.ts';
import { createScratchDatabase } from '../support/postgres-server.ts';
import { missingAlertPrograms, startAlertPrograms } from './alert-programs.ts';
import { createBotProcess, eventually } from './bot-process.ts';

const HOUR = 3_600_000;
const missing = missingAlertPrograms();
const cleanUp: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** Two GPUs of the service, as a Prometheus knows them; nobody is alerted. */
async function startPrometheus() {
  const gpu = (index: number, value: string) =>
    `{ record: gpu_utilization, expr: ${value}, labels: { pod: support-agent-${index}, gpu: "${index}" } }`;
  const programs = await startAlertPrograms({
    rules: `groups:\n  - name: aire\n    rules:\n      - ${gpu(0, 'vector(0.41)')}\n      - ${gpu(1, 'vector(0.97)')}\n`,
    alertmanagerConfig: 'route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n',
    files: {},
  });
  cleanUp.push(() => programs.close());
  onTestFailed(() => {
    process.stderr.write(programs.said());
  });
  const read = createReader({
    outgoing: createOutgoing({ allowHosts: ['127.0.0.1'] }),
    secrets: new Map(),
    scrub: (text) => text,
  });
  const ask = (query: string) =>
    createPrometheus(read)({ url: programs.prometheusUrl, headers: {}, query, timeoutMs: 5000 });
  await eventually('both series are there', async () => {
    const answer = await ask('gpu_utilization');
    return answer.kind === 'samples' && answer.samples.length === 2;
  });
  return { url: programs.prometheusUrl, ask };
}

const STEPS = `sources:
  prometheus: { url: PROMETHEUS }`;
const RUNBOOK = `    steps:
      - id: gpu
        kind: query
        phase: triage
        title: Do the GPUs have compute to spare?
        query: 'gpu_utilization{pod=~"{{service}}.*"}'
        healthy: { below: 90% }
        unit: rate
        run: auto
      - id: nothing
        kind: query
        phase: triage
        title: Is there anything at all?
        query: 'no_such_series'
        healthy: { below: 1 }
        run: auto
      - id: broken
        kind: query
        phase: triage
        title: Is the query well written?
        query: 'gpu_utilization{'
        healthy: { below: 1 }
        run: auto
`;

describe.skipIf(missing !== undefined)('Debian’s Prometheus', () => {
  it('is asked at declaration, and the card shows what it said', async () => {
    const { url } = await startPrometheus();
    const scratch = await createScratchDatabase(inject('postgresUrl'));
    cleanUp.push(() => scratch.drop());
    const bot = await createBotProcess({
      databaseUrl: scratch.url,
      honoursKey: true,
      edit: (file) =>
        file.replace('sources:', STEPS.replace('PROMETHEUS', url)).replace('    steps:\n', RUNBOOK),
    });
    cleanUp.push(() => bot.close());
    await bot.start();
    const now = Date.now();
    await bot.signals.send(healthyWeek(new Date(now - HOUR)));
    await bot.signals.send(evalRun(new Date(now - 60_000), { task_completion_rate: 0.8 }, 'v42'));
    const card = () =>
      bot.slack.render(bot.slack.message('inc-1-support-agent', (message) => message.pinned));
    await eventually('the card shows the finding', () =>
      card().includes('97 % at gpu="1", pod="support-agent-1", the worst of 2 (limit: below 90 %)'),
    );
    await eventually('no series is no data', () => card().includes('no data: the query found no series'));
    await eventually('what Prometheus can not read is said', () =>
      card().includes('Prometheus can’t read the query (400)'),
    );
  }, 120_000);

  it('reads an escaped value back as what it was, in each kind of quotes', async () => {
    const { ask } = await startPrometheus();
    const hostile = 'v1"} or vector(1) # \' \\ \n \u0001 ü 😀';
    for (const quote of ['"', "'"]) {
      const query = `label_replace(vector(1), "value", ${quote}${promqlSafe(hostile)}${quote}, "", "")`;
      expect(await ask(query)).toMatchObject({
        kind: 'samples',
        samples: [{ labels: { value: hostile }, value: 1 }],
      });
    }
    // Control: as it is, it is no string any more.
    expect(await ask(`label_replace(vector(1), "value", "${hostile}", "", "")`)).toMatchObject({
      kind: 'failed',
    });
  }, 120_000);
});

if (missing !== undefined) {
  process.stderr.write(`The end-to-end test with the real Prometheus can't run: ${missing}\n`);
  // Where every test must run, skipping would look like success.
  if (process.env.CI === 'true') it('Prometheus and Alertmanager are installed', () => expect.fail(missing));
}
