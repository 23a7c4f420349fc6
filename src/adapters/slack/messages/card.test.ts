import { describe, expect, it } from 'vitest';
import type { Fact, Incident } from '../../../incidents/incident.ts';
import type { StepState } from '../../../runbooks/next-steps.ts';
import { step } from '../../../runbooks/schema.ts';
import { incidentCard } from './card.ts';
import {
  ANA,
  aChange,
  aDefinition,
  aFinding,
  aMitigation,
  BEN,
  cardOf,
  expectGolden,
  incidentIn,
  after as minutesAfter,
  NOW,
  runbookOf,
  serviceWith,
  ticked,
} from './test-builders.ts';

const words = (card: ReturnType<typeof incidentCard>): string => JSON.stringify(card.blocks);

describe('the card, phase by phase', () => {
  it('fresh: nobody commands, the first step waits', () => {
    expectGolden('card-fresh', incidentCard(cardOf(incidentIn('triage'))));
  });

  it('in the middle of triage: what was found, by whom, and the next step', () => {
    const incident = incidentIn('triage', {
      commander: ANA,
      steps: { infrastructure: ticked({ outcome: 'not_ok', by: BEN }) },
    });
    expectGolden('card-triage', incidentCard(cardOf(incident, { examples: 1 })));
  });

  it('triage done: it says to go on', () => {
    const incident = incidentIn('triage', {
      steps: { infrastructure: ticked(), quick_eval: ticked({ status: 'skipped' }) },
    });
    expectGolden('card-triage-done', incidentCard(cardOf(incident)));
  });

  it('scope: a choice', () => {
    expectGolden('card-scope', incidentCard(cardOf(incidentIn('scope', { commander: ANA }))));
  });

  it('mitigate: a button for each mitigation that fits the cause', () => {
    const service = serviceWith({
      roll_back_model: aDefinition(),
      smaller_model: aDefinition({ title: 'Use the smaller model' }),
      reindex: aDefinition({ title: 'Rebuild the index', for: { cause: ['retrieval'] } }),
    });
    const incident = incidentIn('mitigate', { commander: ANA, cause: 'model' });
    expectGolden('card-mitigate', incidentCard(cardOf(incident, { service })));
  });

  it('a mitigation is under way: its own card says how it goes', () => {
    const incident = incidentIn('mitigate', { commander: ANA, cause: 'model' });
    const mitigations = [aMitigation({ state: 'running' })];
    expectGolden('card-under-way', incidentCard(cardOf(incident, { mitigations })));
  });

  it('mitigated: resolving is the thing to do', () => {
    const incident = incidentIn('mitigate', {
      commander: ANA,
      cause: 'model',
      mitigatedAt: minutesAfter(30),
      steps: { roll_back: ticked(), impact: ticked({ note: '40 customers' }) },
    });
    const findings = [aFinding({ state: 'healthy', value: 0.951 })];
    expectGolden('card-mitigated', incidentCard(cardOf(incident, { findings })));
  });

  it.each(['post_incident', 'closed', 'cancelled'] as const)('%s', (phase) => {
    expectGolden(`card-${phase}`, incidentCard(cardOf(incidentIn(phase), { examples: 3 })));
  });
});

describe('what machines gathered', () => {
  const vendors = ['openai', 'pinecone', 'cohere', 'mistral', 'voyage'].map((name) => ({
    name,
    status: `https://status.${name}.example/api/v2/status.json`,
    every: 'off' as const,
    contact: `support@${name}.example`,
  }));
  const dashboards = {
    Latency: 'https://grafana.example.com/d/1?var=a&from=now-1h',
    Evals: 'http://evals.internal/',
  };
  const service = { ...serviceWith({}), vendors, dashboards };
  const fact = (value: string, rest: Partial<Fact> = {}): Fact => ({ value, from: 'x', at: NOW, ...rest });
  const facts = {
    current_model: fact('v42'),
    previous_good_model: fact('v41'),
    current_prompt: fact('p7'),
    vendor_openai: fact('none', { detail: 'All Systems Operational', url: 'https://status.openai.example' }),
    vendor_pinecone: fact('critical', {
      detail: 'Major <@U0BEN> outage',
      url: 'https://status.pinecone.example',
    }),
    vendor_cohere: fact('unreadable', { detail: 'timeout' }),
    vendor_mistral: fact('maintenance', { detail: '', url: 'https://status.mistral.example' }),
  };

  it('versions, dashboards, and providers with the worst first', () => {
    expectGolden('card-gathered', incidentCard(cardOf(incidentIn('triage', { facts }), { service })));
  });

  it('nobody is asked to look again when it is over', () => {
    const over = words(incidentCard(cardOf(incidentIn('closed', { facts }), { service })));
    expect(over).toContain('pinecone: critical');
    expect(over).not.toContain('Look again');
  });

  it('nothing is said of what nobody told', () => {
    const card = words(incidentCard(cardOf(incidentIn('triage'))));
    for (const absent of ['Versions', 'Dashboards', 'Providers']) expect(card).not.toContain(absent);
  });
});

describe('steps that aire runs', () => {
  const read = (id: string, title: string) =>
    step.parse({ id, kind: 'query', phase: 'triage', title, query: 'up', healthy: { below: 1 } });
  const runbook = runbookOf([
    read('gpu', 'Is there room on the GPUs?'),
    read('queue', 'Is the queue short?'),
    step.parse({ id: 'page', kind: 'page', phase: 'triage', title: 'Page the owners', hint: 'It is late.' }),
  ]);
  const running = (run: string): StepState => ({ status: 'running', run, by: 'aire', at: NOW });
  const found: StepState = {
    status: 'done',
    outcome: 'not_ok',
    note: '97 % (limit: below 90 %)',
    url: 'http://prometheus:9090/graph?g0.expr=a%26b',
    by: 'aire',
    at: NOW,
  };
  const cardWith = (steps: Incident['steps']) =>
    incidentCard(cardOf(incidentIn('triage', { runbook, steps })));

  it('one that waits can be run or answered', () => {
    expectGolden('card-step-to-run', cardWith({}));
  });

  it('one that runs holds nobody up; what it found is seen at a glance', () => {
    expectGolden('card-step-running', cardWith({ gpu: running('run_1') }));
    expectGolden('card-step-found', cardWith({ gpu: found, queue: running('run_2') }));
  });

  it('one that failed says why and can be run again', () => {
    const failed: StepState = {
      status: 'failed',
      note: '<prometheus> could not be reached.',
      by: 'aire',
      at: NOW,
    };
    expectGolden('card-step-failed', cardWith({ gpu: failed }));
  });

  it('the last one can be answered while it runs', () => {
    const card = words(cardWith({ gpu: found, queue: running('run_2'), page: ticked() }));
    expect(card).toContain('running…');
    expect(card).toContain('step.not_ok');
    expect(card).not.toContain('step.run');
  });
});

describe('what the card says about evidence', () => {
  it('says that no change was reported, not that nothing changed', () => {
    const card = words(incidentCard(cardOf(incidentIn('triage'), { changes: [] })));
    expect(card).toContain('That is not proof that nothing changed.');
  });

  it('shows "no data" where nothing was measured, never zero', () => {
    const { value: _value, ...unmeasured } = aFinding({ state: 'not_evaluable' });
    const card = words(incidentCard(cardOf(incidentIn('triage'), { findings: [unmeasured] })));
    expect(card).toContain('Task completion rate no data (no data)');
    expect(card).not.toContain('0.0 %');
  });

  it('shows the change that was closest to the onset first, and what came later apart', () => {
    const changes = [
      ...Array.from({ length: 7 }, (_each, index) =>
        aChange({ id: `ent_${index}`, at: minutesAfter(-30 - index), text: `change ${index}` }),
      ),
      aChange({ id: 'ent_late', at: minutesAfter(-10), text: 'rollback' }),
    ];
    expectGolden('card-changes', incidentCard(cardOf(incidentIn('triage'), { changes })));
  });

  it('still shows the incident when its service file has gone', () => {
    const incident = incidentIn('mitigate', { cause: 'model' });
    expect(words(incidentCard(cardOf(incident, { service: undefined })))).toContain(
      'no mitigation for that cause',
    );
  });
});

describe('a release that is suspected', () => {
  const fact = (value: string): Fact => ({
    value,
    from: 'signal:ci',
    at: minutesAfter(-32),
    detail: 'Model v41 → v42 went out 12 min before the fall began',
    url: 'https://deploy.example.com/runs/991',
  });
  const facts = { suspected_change: fact('change:ci:1'), suspected_cause: fact('model') };
  const service = serviceWith({
    smaller_model: aDefinition({
      title: 'Use the smaller model',
      request: { ...aDefinition().request, body: {} },
    }),
    roll_back_model: aDefinition(),
    reindex: aDefinition({ title: 'Rebuild the index', for: { cause: ['retrieval'] } }),
  });
  const changes = [aChange({ at: minutesAfter(-32), onceKey: 'change:ci:1' })];
  const onset = { from: minutesAfter(-35), to: minutesAfter(-15), shape: 'sudden' } as const;
  const cardIn = (phase: 'triage' | 'scope' | 'mitigate', over: Partial<Incident> = {}) =>
    incidentCard(cardOf(incidentIn(phase, { facts, onset, ...over }), { service, changes }));

  it('is named with its rollback one click away, from triage on', () => {
    expectGolden('card-suspected', cardIn('triage'));
    expect(words(cardIn('triage'))).not.toContain('Use the smaller model');
  });

  it('suggests the cause, which people choose', () => {
    expectGolden('card-suspected-scope', cardIn('scope'));
  });

  it('offers its rollback once in mitigate, and not when one is under way or it is over', () => {
    const buttons = (card: ReturnType<typeof incidentCard>): number =>
      words(card).split('"text":"Roll back the model"').length - 1;
    expect(buttons(cardIn('mitigate'))).toBeGreaterThan(0);
    expect(buttons(cardIn('mitigate', { cause: 'model' }))).toBe(1);
    expect(buttons(cardIn('scope', { mitigatedAt: NOW }))).toBe(0);
    const running = { service, changes, mitigations: [aMitigation({ state: 'running' })] };
    expect(buttons(incidentCard(cardOf(incidentIn('triage', { facts }), running)))).toBe(0);
  });

  it('is not named where nothing is suspected', () => {
    const card = words(cardIn('triage', { facts: {} }));
    expect(card).toContain('Closest before the onset');
    expect(card).not.toContain('Roll back the model');
  });
});

describe('which mitigations are offered', () => {
  const offered = (cause: 'model' | 'retrieval' | 'unknown' | undefined) => {
    const service = serviceWith({
      a: aDefinition({ title: 'For the model', for: { cause: ['model'] } }),
      b: aDefinition({ title: 'For retrieval', for: { cause: ['retrieval'] } }),
    });
    const incident = incidentIn('mitigate', cause === undefined ? {} : { cause });
    const card = words(incidentCard(cardOf(incident, { service })));
    return ['For the model', 'For retrieval'].filter((title) => card.includes(title));
  };

  it('only those for a known cause, else all', () => {
    expect(offered('model')).toEqual(['For the model']);
    expect(offered('retrieval')).toEqual(['For retrieval']);
    expect(offered('unknown')).toEqual(['For the model', 'For retrieval']);
    expect(offered(undefined)).toEqual(['For the model', 'For retrieval']);
  });
});
