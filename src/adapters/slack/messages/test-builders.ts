/** What the tests of the messages share. Not part of the build. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { GoldenCase } from '../../../golden-dataset/golden-case.ts';
import type { Incident, Phase } from '../../../incidents/incident.ts';
import { after, anIncident, aService, NOW } from '../../../incidents/test-builders.ts';
import type { TimelineEntry } from '../../../incidents/timeline.ts';
import type { Proposal, WatchedFinding } from '../../../incidents/watch.ts';
import type { Mitigation } from '../../../mitigations/mitigation.ts';
import type { MitigableService } from '../../../mitigations/ports.ts';
import type { MitigationDefinition } from '../../../mitigations/schema.ts';
import { mitigationDefinition } from '../../../mitigations/schema.ts';
import type { StepState } from '../../../runbooks/next-steps.ts';
import type { StepDefinition } from '../../../runbooks/schema.ts';
import type { SlackMessage } from './blocks.ts';
import type { CardContent } from './card.ts';

export { after, NOW };
export const ANA = 'U0ANA';
export const BEN = 'U0BEN';

const FIXTURES = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  '..',
  '..',
  'test',
  'fixtures',
  'messages',
);

/** Compares a message with `test/fixtures/messages/<name>.json`; `UPDATE_GOLDEN=1` writes that file instead. */
export function expectGolden(
  name: string,
  message: SlackMessage | Readonly<Record<string, SlackMessage>>,
): void {
  const file = join(FIXTURES, `${name}.json`);
  const json = `${JSON.stringify(message, undefined, 2)}\n`;
  // biome-ignore lint/style/noProcessEnv: a switch of whoever runs the tests
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(FIXTURES, { recursive: true });
    writeFileSync(file, json);
  }
  expect(JSON.parse(json)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
}

const STEPS: readonly StepDefinition[] = [
  {
    id: 'infrastructure',
    kind: 'check',
    phase: 'triage',
    title: 'Is the infrastructure healthy?',
    hint: 'GPU, memory, inference server.',
  },
  { id: 'quick_eval', kind: 'check', phase: 'triage', title: 'Does a quick eval pass?' },
  {
    id: 'cause',
    kind: 'choose',
    phase: 'scope',
    title: 'What is the cause?',
    sets: 'cause',
    options: [
      { value: 'model', label: 'Model version' },
      { value: 'prompt', label: 'Prompt' },
    ],
  },
  {
    id: 'roll_back',
    kind: 'mitigate',
    phase: 'mitigate',
    title: 'Roll back to the last known good version',
    hint: 'The last with passing evals.',
  },
  { id: 'impact', kind: 'note', phase: 'mitigate', title: 'Who was affected?', sets: 'customer_impact' },
  { id: 'full_eval', kind: 'check', phase: 'post_incident', title: 'Does the full eval suite pass?' },
];

/** A runbook of these steps, with the usual phases. */
export function runbookOf(steps: readonly StepDefinition[]): Incident['runbook'] {
  return {
    hash: 'runbook',
    steps,
    phases: {
      triage: { title: 'Triage', window: 5 * 60_000 },
      scope: { title: 'Scope', window: 15 * 60_000 },
      mitigate: { title: 'Mitigate', window: 45 * 60_000 },
      post_incident: { title: 'Post-incident', window: 86_400_000 },
    },
  };
}

/** An incident that has come as far as `phase`, with the milestones that belong to it. */
export function incidentIn(phase: Phase, over: Partial<Incident> = {}): Incident {
  const resolved = phase === 'post_incident' || phase === 'closed';
  return anIncident({
    phase,
    title: 'Eval score drop',
    reason: 'Task completion rate is 86.0 %, 9.0 points under its baseline of 95.0 %.',
    runbook: runbookOf(STEPS),
    ...(resolved ? { mitigatedAt: after(40), resolvedAt: after(50), commander: ANA, cause: 'model' } : {}),
    ...(phase === 'closed' || phase === 'cancelled' ? { closedAt: after(90) } : {}),
    ...over,
  });
}

export function ticked(over: Partial<StepState> = {}): StepState {
  return { status: 'done', outcome: 'ok', by: ANA, at: NOW, ...over };
}

export function aDefinition(over: Partial<MitigationDefinition> = {}): MitigationDefinition {
  return {
    ...mitigationDefinition.parse({
      title: 'Roll back the model',
      risk: 'high',
      for: { cause: ['model'] },
      side_effects: 'Loses the refund training.',
      request: { url: 'https://deploy.internal/rollback', body: { to: '{{facts.previous_good_model}}' } },
      secret: 'AIRE_SECRET_SIGNING',
      idempotency: 'header',
      verify: { within: '30m', consecutive: 2 },
    }),
    ...over,
  };
}

export function serviceWith(mitigations: MitigableService['mitigations']): MitigableService {
  return {
    ...aService(),
    approval: { approvers: [], two_person: 'high_risk', expires: 1_800_000 },
    mitigations,
  };
}

export function aMitigation(over: Partial<Mitigation> = {}): Mitigation {
  return {
    id: 'mit_a',
    version: 1,
    incidentId: 'inc_a',
    service: 'support-agent',
    name: 'roll_back_model',
    definition: aDefinition(),
    request: { method: 'POST', url: 'https://deploy.internal/rollback?to=v41', headers: {}, body: '{}' },
    parametersHash: 'hash-of-parameters',
    parameters: { current_model: 'v42', previous_good_model: 'v41' },
    reason: 'v42 invents refund rules',
    state: 'requested',
    twoPerson: true,
    requestedBy: ANA,
    requestedAt: NOW,
    expiresAt: after(30),
    ...over,
  };
}

export function aFinding(over: Partial<WatchedFinding> = {}): WatchedFinding {
  return {
    key: 'eval_score_drop:task_completion_rate',
    trigger: 'eval_score_drop',
    state: 'firing',
    severity: 'SEV2',
    reason: 'Task completion rate is 86.0 %.',
    sli: 'task_completion_rate',
    value: 0.86,
    baseline: 0.95,
    observedAt: NOW,
    since: NOW,
    ...over,
  };
}

export function anEntry(over: Partial<TimelineEntry> = {}): TimelineEntry {
  return {
    id: 'ent_a',
    incidentId: 'inc_a',
    at: NOW,
    actor: { kind: 'aire' },
    kind: 'note',
    text: 'Something happened.',
    ...over,
  };
}

export function aChange(over: Partial<TimelineEntry> = {}): TimelineEntry {
  return anEntry({
    id: 'ent_change',
    at: after(-25),
    actor: { kind: 'system', name: 'ci' },
    kind: 'change_seen',
    text: 'model v41 → v42, by deploy-bot',
    url: 'https://deploy.example.com/runs/991?a=1&b=2',
    ...over,
  });
}

export function aProposal(over: Partial<Proposal> = {}): Proposal {
  return {
    id: 'prop_a',
    version: 1,
    service: 'support-agent',
    trigger: 'eval_score_drop',
    severity: 'SEV2',
    reason: 'Task completion rate is 86.0 %, 9.0 points under its baseline of 95.0 %.',
    findings: ['eval_score_drop:task_completion_rate'],
    at: NOW,
    state: 'open',
    isSuspicion: false,
    ...over,
  };
}

export function aGoldenCase(over: Partial<GoldenCase> = {}): GoldenCase {
  return {
    id: 'gc_a',
    version: 1,
    incidentId: 'inc_a',
    service: 'support-agent',
    input: 'Can I get my money back?\nMy order is 4711.',
    observed: 'Yes, within 90 days.',
    expected: 'Within 30 days of delivery.',
    context: [],
    failure: 'hallucination',
    split: 'core',
    redacted: { email: 1, phone_number: 2 },
    state: 'draft',
    draftedAt: NOW,
    ...over,
  };
}

/** What a card shows of an incident nobody has touched. */
export function cardOf(incident: Incident, over: Partial<CardContent> = {}): CardContent {
  return {
    incident,
    service: serviceWith({ roll_back_model: aDefinition() }),
    findings: [aFinding()],
    changes: [aChange()],
    mitigations: [],
    examples: 0,
    ...over,
  };
}
