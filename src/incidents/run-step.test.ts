import { describe, expect, test } from 'vitest';
import type { StepDefinition } from '../runbooks/schema.ts';
import { step } from '../runbooks/schema.ts';
import { autoStepsToStart } from './auto-steps.ts';
import { changePhase } from './change-phase.ts';
import { declareIncident } from './declare-incident.ts';
import type { Incident } from './incident.ts';
import { recordFinding } from './record-finding.ts';
import { runStep } from './run-step.ts';
import { settleStep } from './settle-step.ts';
import { startStep } from './start-step.ts';
import type { QueryAnswer, ReadAnswer } from './step-ports.ts';
import { anIncident, aService, incidentDeps, NOW, playbook } from './test-builders.ts';

const query = (id: string, over: object = {}): StepDefinition =>
  step.parse({
    id,
    kind: 'query',
    phase: 'triage',
    title: 'Is the GPU free?',
    query: 'util{service="{{service}}"}',
    healthy: { below: 0.9 },
    unit: 'rate',
    run: 'auto',
    ...over,
  });
const http = (over: object = {}): StepDefinition =>
  step.parse({
    id: 'h',
    kind: 'http',
    phase: 'triage',
    title: 'Is it up?',
    url: 'https://x/{{service}}',
    ...over,
  });
const page = step.parse({ id: 'p', kind: 'page', phase: 'triage', title: 'Page the owners' });

function withSteps(steps: StepDefinition[], over: Partial<Incident> = {}) {
  const base = incidentDeps(
    aService({ sources: { prometheus: { url: 'http://prom:9090', headers: { a: 'b' } } } }),
  );
  const asked: unknown[] = [];
  let answer: QueryAnswer = {
    kind: 'samples',
    samples: [{ labels: {}, value: 0.87 }],
    url: 'http://prom/graph',
  };
  let read: ReadAnswer = { kind: 'answered', status: 200, body: '{"phase":"Ready"}', truncated: false };
  const deps = {
    ...base,
    playbook: { ...playbook, steps },
    followUps: () => [],
    store: { ...base.store, entry: async (id: string) => base.store.entries.find((each) => each.id === id) },
    linkTo: async () => undefined,
    pager: undefined,
    query: async (input: unknown) => {
      asked.push(input);
      return answer;
    },
    read: async (input: unknown) => {
      asked.push(input);
      return read;
    },
  };
  const known = anIncident({ runbook: { ...anIncident().runbook, steps }, ...over });
  base.store.incidents.seed(known);
  const incident = () => base.store.incidents.get('inc_a') ?? known;
  return {
    deps,
    asked,
    incident,
    state: (id: string) => incident().steps[id],
    answerIs: (given: QueryAnswer) => {
      answer = given;
    },
    readIs: (given: ReadAnswer) => {
      read = given;
    },
    start: (stepId: string, by = 'U_ANA') => startStep(deps, { incidentId: 'inc_a', stepId, by }),
    run: (stepId: string, run: string, isLast = false) =>
      runStep(deps, { incidentId: 'inc_a', stepId, run, isLast }),
    runs: () => base.store.jobs.filter((job) => job.kind === 'step.run').map((job) => job.payload),
  };
}

describe('a step that aire runs', () => {
  test('a click starts it, its own job reads, and what it finds settles it in words', async () => {
    const { deps, start, run, runs, state, incident, asked } = withSteps([query('gpu', { sets: 'gpu' })]);
    await start('gpu');
    expect(state('gpu')).toEqual({ status: 'running', run: 'run_1', by: 'U_ANA', at: NOW });
    expect(deps.store.jobs[0]).toMatchObject({ lane: 'step:inc_a:gpu', key: 'step-run:run_1' });
    expect(incident().acknowledgedAt).toEqual(NOW);
    await run('gpu', 'run_1');
    expect(asked).toEqual([
      {
        url: 'http://prom:9090',
        headers: { a: 'b' },
        query: 'util{service="support-agent"}',
        timeoutMs: 10_000,
      },
    ]);
    expect(state('gpu')).toEqual({
      status: 'done',
      outcome: 'ok',
      note: '87 % (limit: below 90 %)',
      url: 'http://prom/graph',
      by: 'aire',
      at: NOW,
    });
    expect(incident().facts.gpu).toEqual({ value: '0.87', from: 'step:gpu', at: NOW });
    expect(deps.store.entries).toMatchObject([
      {
        kind: 'step_settled',
        actor: { kind: 'aire' },
        text: 'Is the GPU free?: 87 % (limit: below 90 %)',
        url: 'http://prom/graph',
        data: { step: 'gpu', status: 'done', outcome: 'ok' },
      },
    ]);
    // The card shows it; the channel is told nothing.
    expect(deps.store.jobs.map((job) => job.kind)).not.toContain('incident.say');
    expect(runs()).toHaveLength(1);
  });

  test('two clicks are one run, and a settled step is left as it is', async () => {
    const { start, run, runs } = withSteps([query('gpu')]);
    await Promise.all([start('gpu'), start('gpu', 'U_BEN')]);
    await run('gpu', 'run_1');
    await start('gpu');
    expect(runs()).toEqual([{ incidentId: 'inc_a', stepId: 'gpu', run: 'run_1' }]);
  });

  test('a job that runs twice records once', async () => {
    const { deps, start, run, asked } = withSteps([query('gpu')]);
    await start('gpu');
    await run('gpu', 'run_1');
    await run('gpu', 'run_1');
    expect(asked).toHaveLength(1);
    expect(deps.store.entries).toHaveLength(1);
  });

  test('what can not be read is failed with the reason; run again, the old run counts no more', async () => {
    const { deps, start, run, state, answerIs } = withSteps([query('gpu')]);
    await start('gpu');
    answerIs({ kind: 'failed', reason: 'prom:9090 could not be reached.' });
    await run('gpu', 'run_1');
    expect(state('gpu')).toMatchObject({ status: 'failed', note: 'prom:9090 could not be reached.' });
    await start('gpu');
    const late = { kind: 'found', outcome: 'ok', note: 'late' } as const;
    await recordFinding(deps, { incidentId: 'inc_a', stepId: 'gpu', run: 'run_1', result: late });
    expect(state('gpu')?.status).toBe('running');
    // Control: it is the run's id alone that made the difference.
    const { run: current = '' } = state('gpu') ?? {};
    await recordFinding(deps, { incidentId: 'inc_a', stepId: 'gpu', run: current, result: late });
    expect(state('gpu')).toMatchObject({ status: 'done', note: 'late' });
  });

  test('a person who answers while it runs has the last word', async () => {
    const { deps, start, run, state } = withSteps([query('gpu')]);
    await start('gpu');
    const settlement = { as: 'done', outcome: 'not_ok' } as const;
    await settleStep(deps, { incidentId: 'inc_a', stepId: 'gpu', by: 'U_BEN', settlement });
    await run('gpu', 'run_1');
    const late = { kind: 'found', outcome: 'ok', note: 'late' } as const;
    await recordFinding(deps, { incidentId: 'inc_a', stepId: 'gpu', run: 'run_1', result: late });
    expect(state('gpu')).toEqual({ status: 'done', outcome: 'not_ok', by: 'U_BEN', at: NOW });
  });

  test('an error that may pass is tried again, and is the reason when it did not', async () => {
    const { deps, start, run, state } = withSteps([query('gpu')]);
    await start('gpu');
    deps.query = async () => {
      throw new Error('no database');
    };
    await expect(run('gpu', 'run_1')).rejects.toThrow('no database');
    expect(state('gpu')?.status).toBe('running');
    await run('gpu', 'run_1', true);
    expect(state('gpu')).toMatchObject({ status: 'failed', note: 'no database' });
  });

  test('a hostile fact stays within its string', async () => {
    const fact = { value: 'v1"} or vector(1) #', from: 'signal:ci', at: NOW };
    const steps = [query('gpu', { query: 'util{m="{{facts.m}}"}' })];
    const { start, run, asked } = withSteps(steps, { facts: { m: fact } });
    await start('gpu');
    await run('gpu', 'run_1');
    expect(asked).toMatchObject([{ query: 'util{m="v1\\x22} or vector(1) #"}' }]);
  });

  test('a value that nobody knows yet is the reason', async () => {
    const { start, run, state } = withSteps([query('gpu', { query: 'util{m="{{facts.m}}"}' })]);
    await start('gpu');
    await run('gpu', 'run_1');
    expect(state('gpu')?.note).toContain('The value {{facts.m}} is not known yet.');
  });

  test('a service without a Prometheus says what to add', async () => {
    const { deps, start, run, state } = withSteps([query('gpu')]);
    const service = aService();
    deps.services = { get: () => service, all: () => [service] };
    await start('gpu');
    await run('gpu', 'run_1');
    expect(state('gpu')?.note).toContain('sources: { prometheus: { url: … } }');
  });

  test('http reads with values in the address and secrets only named', async () => {
    const headers = { authorization: `Bearer \${AIRE_SECRET_X}` };
    const { start, run, state, asked, readIs } = withSteps([
      http({ headers, pointer: '/phase', healthy: { is: 'Ready' }, timeout: '3s' }),
    ]);
    await start('h');
    readIs({ kind: 'answered', status: 200, body: '{"phase":"Failed"}', truncated: false });
    await run('h', 'run_1');
    expect(asked).toEqual([{ method: 'GET', url: 'https://x/support-agent', headers, timeoutMs: 3000 }]);
    expect(state('h')).toMatchObject({ outcome: 'not_ok', note: 'Failed (healthy: Ready)' });
  });

  test('a step for people is not run', async () => {
    const check = step.parse({ id: 'c', kind: 'check', phase: 'triage', title: 'Well?' });
    await expect(withSteps([check]).start('c')).rejects.toThrow('“Well?” is for a person to answer');
  });
});

describe('auto steps', () => {
  const later = query('later', { phase: 'scope' });
  const ofCause = query('of_cause', { when: { cause: 'model' } });

  test('start when the incident is declared, and nobody has acknowledged by that', async () => {
    const { deps } = withSteps([query('gpu'), query('by_hand', { run: 'click' }), later, ofCause], {
      phase: 'closed',
    });
    const { incidentId } = await declareIncident(deps, {
      service: 'support-agent',
      title: 'Slow',
      kind: 'infrastructure',
      severity: 'SEV3',
      by: 'U_ANA',
      onceKey: 'k',
    });
    const declared = deps.store.incidents.get(incidentId);
    expect(Object.entries(declared?.steps ?? {})).toMatchObject([['gpu', { status: 'running', by: 'aire' }]]);
    const { run = '' } = declared?.steps.gpu ?? {};
    await runStep(deps, { incidentId, stepId: 'gpu', run, isLast: false });
    expect(deps.store.incidents.get(incidentId)).toMatchObject({ steps: { gpu: { status: 'done' } } });
    expect(deps.store.incidents.get(incidentId)?.acknowledgedAt).toBeUndefined();
  });

  test('start when their phase begins', async () => {
    const { deps, incident, runs } = withSteps([query('gpu'), later], { steps: {} });
    await changePhase(deps, { incidentId: 'inc_a', by: 'U_ANA', event: { type: 'advance', to: 'scope' } });
    expect(Object.keys(incident().steps)).toEqual(['later']);
    expect(runs()).toHaveLength(1);
  });

  test('start when a cause makes their condition true, or a fact that another step finds', async () => {
    const cause = playbook.steps.filter((each) => each.id === 'cause');
    const ofFact = http({ id: 'of_fact', run: 'auto', when: { fact: { gpu: { is: '0.87' } } } });
    const { deps, state, run } = withSteps([
      ...cause,
      query('of_cause', { when: { cause: 'model' }, sets: 'gpu' }),
      ofFact,
    ]);
    const settlement = { as: 'chosen', value: 'model' } as const;
    await settleStep(deps, { incidentId: 'inc_a', stepId: 'cause', by: 'U_ANA', settlement });
    expect(state('of_cause')?.status).toBe('running');
    await run('of_cause', state('of_cause')?.run ?? '');
    expect(state('of_fact')?.status).toBe('running');
  });

  test('wait for the values they need, and are not started twice', () => {
    const steps = [query('gpu', { query: 'util{m="{{facts.m}}"}' })];
    const { incident } = withSteps(steps);
    expect(autoStepsToStart(incident())).toEqual([]);
    const facts = { m: { value: 'v1', from: 'signal:ci', at: NOW } };
    expect(autoStepsToStart({ ...incident(), facts })).toEqual(steps);
    const touched = { gpu: { status: 'skipped', by: 'U_ANA', at: NOW } } as const;
    expect(autoStepsToStart({ ...incident(), facts, steps: touched })).toEqual([]);
    expect(autoStepsToStart({ ...incident(), facts, phase: 'cancelled' })).toEqual([]);
  });
});

describe('a step that pages', () => {
  test('says who to call where paging is off, and can be ticked by hand', async () => {
    const { deps, start, run, state } = withSteps([page]);
    await start('p');
    await run('p', 'run_1');
    expect(state('p')).toMatchObject({
      status: 'failed',
      note: 'Paging is off here. Call them: ml-platform. Then press Done.',
    });
    const settlement = { as: 'done', outcome: 'ok' } as const;
    await settleStep(deps, { incidentId: 'inc_a', stepId: 'p', by: 'U_ANA', settlement });
    expect(state('p')).toMatchObject({ status: 'done', by: 'U_ANA' });
  });
});
