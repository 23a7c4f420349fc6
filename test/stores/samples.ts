import { type ServiceFile, serviceFile } from '../../src/catalogue/service-file.ts';
import type { GoldenCase } from '../../src/golden-dataset/golden-case.ts';
import { AIRE, type Incident } from '../../src/incidents/incident.ts';
import type { TimelineEntry } from '../../src/incidents/timeline.ts';
import type { Proposal } from '../../src/incidents/watch.ts';
import type { Mitigation } from '../../src/mitigations/mitigation.ts';
import { mitigationDefinition } from '../../src/mitigations/schema.ts';
import type { ActionItem } from '../../src/postmortems/action-item.ts';
import { type Playbook, playbookFile } from '../../src/runbooks/schema.ts';
import { type RunbookSnapshot, takeSnapshot } from '../../src/runbooks/snapshot.ts';
import type { Alert, Change, Example, Measurement } from '../../src/signals/signal.ts';
import { MINUTE } from '../../src/time.ts';

export const NOW = new Date('2026-11-21T10:00:00.123Z');

/** A time so many minutes before {@link NOW}. */
export function minutesAgo(minutes: number): Date {
  return new Date(NOW.getTime() - minutes * MINUTE);
}

const phase = { title: 'Phase', window: '5m' };
/** One trigger, a step to tick and a step that sets the cause. */
export const PLAYBOOK: Playbook = playbookFile.parse({
  triggers: {
    eval_score_drop: {
      title: 'Eval score drop',
      source: '§D1',
      kind: 'model_behavior',
      slis: { task_completion_rate: { drop: '5pp' }, hallucination_rate: { rise: '5pp' } },
      severity: [{ beyond: '10pp', is: 'SEV1' }, { is: 'SEV2' }],
    },
  },
  phases: { triage: phase, scope: phase, mitigate: phase, post_incident: phase },
  steps: [
    { id: 'infrastructure', kind: 'check', phase: 'triage', title: 'Is the infrastructure healthy?' },
    {
      id: 'cause',
      kind: 'choose',
      phase: 'scope',
      title: 'What is the cause?',
      sets: 'cause',
      options: [
        { value: 'model', label: 'Model' },
        { value: 'prompt', label: 'Prompt' },
      ],
    },
  ],
});

/** A service that declares by itself and knows its baseline. */
export function sampleService(service = 'support-agent'): ServiceFile {
  return serviceFile.parse({
    service,
    tier: 1,
    owners: { team: 'ml-platform' },
    declare: 'auto',
    baseline: { pinned: { task_completion_rate: '95%' } },
  });
}

export function sampleRunbook(): RunbookSnapshot {
  return takeSnapshot(PLAYBOOK, sampleService());
}

/** An incident with no optional property. */
export function bareIncident(id: string, rest: Partial<Incident> = {}): Incident {
  return {
    id,
    number: 0,
    version: 0,
    service: 'support-agent',
    title: 'Eval score drop',
    reason: 'Task completion fell.',
    kind: 'model_behavior',
    severity: 'SEV2',
    phase: 'triage',
    declareKey: `key:${id}`,
    declaredBy: AIRE,
    startedAt: minutesAgo(30),
    detectedAt: minutesAgo(20),
    declaredAt: minutesAgo(10),
    facts: {},
    steps: {},
    runbook: sampleRunbook(),
    findings: [],
    ...rest,
  };
}

/** An incident with every optional property. */
export function fullIncident(id: string): Incident {
  return bareIncident(id, {
    cause: 'model',
    trigger: 'eval_score_drop',
    fired: { sli: 'task_completion_rate', value: 0.8, baseline: 0.95, recoveredWithin: 0.025 },
    onset: { from: minutesAgo(35), to: minutesAgo(25), shape: 'sudden' },
    declaredBy: { kind: 'person', id: 'U1' },
    commander: 'U1',
    acknowledgedAt: minutesAgo(9),
    mitigatedAt: minutesAgo(5),
    resolvedAt: minutesAgo(4),
    closedAt: minutesAgo(3),
    phase: 'closed',
    facts: { current_model: { value: 'v18', from: 'signal:github', at: minutesAgo(25) } },
    steps: {
      infrastructure: { status: 'done', outcome: 'ok', note: 'fine', by: 'U1', at: minutesAgo(8) },
      cause: { status: 'skipped', by: 'U2', at: minutesAgo(7) },
    },
    findings: ['eval_score_drop:task_completion_rate'],
  });
}

export function sampleEntry(
  id: string,
  incidentId: string,
  rest: Partial<TimelineEntry> = {},
): TimelineEntry {
  return { id, incidentId, at: minutesAgo(10), actor: AIRE, kind: 'note', text: 'A note.', ...rest };
}

export function bareProposal(id: string): Proposal {
  return {
    id,
    version: 0,
    service: 'support-agent',
    trigger: 'eval_score_drop',
    severity: 'SEV2',
    reason: 'Task completion fell.',
    findings: ['eval_score_drop:task_completion_rate'],
    at: minutesAgo(10),
    state: 'open',
    isSuspicion: false,
  };
}

export function bareMitigation(id: string, incidentId: string): Mitigation {
  return {
    id,
    version: 0,
    incidentId,
    service: 'support-agent',
    name: 'roll_back_model',
    definition: mitigationDefinition.parse({
      title: 'Roll back the model',
      risk: 'high',
      for: { cause: ['model'] },
      side_effects: 'none',
      request: { url: 'https://deploy.example.com/', body: { to: 'v17' } },
      secret: 'AIRE_SECRET_DEPLOY',
      idempotency: 'header',
      verify: { within: '30m' },
    }),
    request: {
      method: 'POST',
      url: 'https://deploy.example.com/',
      headers: { a: 'b' },
      body: '{"to":"v17"}',
    },
    parametersHash: 'abc',
    parameters: { to: 'v17' },
    reason: 'The new model is worse.',
    state: 'requested',
    twoPerson: true,
    requestedBy: 'U1',
    requestedAt: minutesAgo(8),
    expiresAt: minutesAgo(-22),
  };
}

export function bareGoldenCase(id: string, incidentId: string): GoldenCase {
  return {
    id,
    version: 0,
    incidentId,
    service: 'support-agent',
    input: 'Can I return this?',
    observed: 'Never.',
    context: ['Returns within 30 days.'],
    failure: 'hallucination',
    split: 'core',
    redacted: { email: 2 },
    state: 'draft',
    draftedAt: minutesAgo(6),
  };
}

export function bareActionItem(id: string, incidentId: string): ActionItem {
  return {
    id,
    version: 0,
    incidentId,
    service: 'support-agent',
    what: 'Add a canary.',
    state: 'open',
    addedBy: 'U1',
    addedAt: minutesAgo(5),
  };
}

export function measurement(
  id: string,
  value: number,
  at: Date,
  rest: Partial<Measurement> = {},
): Measurement {
  return {
    type: 'measurement',
    id,
    source: 'signals:evals',
    service: 'support-agent',
    at,
    labels: {},
    sli: 'task_completion_rate',
    value,
    ...rest,
  };
}

export function alert(id: string, status: Alert['status'], at: Date, rest: Partial<Alert> = {}): Alert {
  return {
    type: 'alert',
    id,
    source: 'pagerduty',
    service: 'support-agent',
    at,
    labels: {},
    key: 'P1',
    status,
    title: 'Hallucinations',
    ...rest,
  };
}

export function change(id: string, at: Date, rest: Partial<Change> = {}): Change {
  return {
    type: 'change',
    id,
    source: 'signals:ci',
    service: 'support-agent',
    at,
    labels: {},
    what: 'model',
    from: 'v17',
    to: 'v18',
    ...rest,
  };
}

export function example(id: string, at: Date, rest: Partial<Example> = {}): Example {
  return {
    type: 'example',
    id,
    source: 'signals:app',
    service: 'support-agent',
    at,
    labels: {},
    input: 'Can I return this?',
    output: 'Never.',
    failure: 'hallucination',
    ...rest,
  };
}
