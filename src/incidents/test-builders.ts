/** What the unit tests of incidents, and of the features that build on them, share. Not part of the build. */
import { z } from 'zod';
import { type Playbook, playbookFile, runbookFields } from '../runbooks/schema.ts';
import { takeSnapshot } from '../runbooks/snapshot.ts';
import { type ServiceDirectory, serviceFields } from '../services/schema.ts';
import { signalFields } from '../signals/schema.ts';
import type { Distribution, Signal } from '../signals/signal.ts';
import { createManualClock, MINUTE } from '../time.ts';
import type { Evidence } from '../triggers/evidence.ts';
import { overrideFields } from '../triggers/overrides.ts';
import { triggerFields } from '../triggers/schema.ts';
import type { NewJob } from '../verb.ts';
import { AIRE, type Incident, isOpen } from './incident.ts';
import type { VersionEval } from './last-known-good.ts';
import type { IncidentChange, IncidentService, IncidentStore } from './ports.ts';
import { arrivalKey } from './respond-to-signals.ts';
import type { TimelineEntry } from './timeline.ts';
import type { Proposal, ServiceWatch } from './watch.ts';

export const NOW = new Date('2026-11-21T10:00:00Z');

/** The moment so many minutes after {@link NOW}. */
export const after = (minutes: number): Date => new Date(NOW.getTime() + minutes * MINUTE);

export const playbook: Playbook = playbookFile.parse({
  triggers: {
    eval_score_drop: {
      title: 'Eval score drop',
      source: '§D1',
      kind: 'model_behavior',
      slis: { task_completion_rate: { drop: '5pp' }, refusal_rate: { rise: '5pp' } },
      severity: [{ beyond: '10pp', is: 'SEV1' }, { is: 'SEV2' }],
    },
  },
  phases: {
    triage: { title: 'Triage', window: '5m' },
    scope: { title: 'Scope', window: '15m' },
    mitigate: { title: 'Mitigate', window: '45m' },
    post_incident: { title: 'Post-incident', window: '24h' },
  },
  steps: [
    { id: 'infrastructure', kind: 'check', phase: 'triage', title: 'Is the infrastructure healthy?' },
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
    { id: 'impact', kind: 'note', phase: 'mitigate', title: 'Who was affected?', sets: 'customer_impact' },
    { id: 'remark', kind: 'note', phase: 'mitigate', title: 'Anything else?' },
  ],
});

const incidentServiceFile = z.strictObject({
  ...serviceFields,
  ...signalFields,
  ...triggerFields,
  ...overrideFields,
  ...runbookFields,
});

export function aService(over: Partial<z.input<typeof incidentServiceFile>> = {}): IncidentService {
  return incidentServiceFile.parse({
    service: 'support-agent',
    tier: 1,
    owners: { team: 'ml-platform' },
    ...over,
  });
}

export function directoryOf<S extends { readonly service: string }>(
  ...services: readonly S[]
): ServiceDirectory<S> {
  return { get: (id) => services.find((each) => each.service === id), all: () => services };
}

/** `inc_1`, `ent_2`, … */
export function sequentialIds(): (prefix: string) => string {
  let last = 0;
  return (prefix) => {
    last += 1;
    return `${prefix}_${last}`;
  };
}

export function anIncident(over: Partial<Incident> = {}): Incident {
  return {
    id: 'inc_a',
    number: 12,
    version: 1,
    service: 'support-agent',
    title: 'Eval score drop',
    reason: 'Task completion rate fell.',
    kind: 'model_behavior',
    severity: 'SEV2',
    phase: 'triage',
    declareKey: 'key-a',
    declaredBy: AIRE,
    startedAt: after(-20),
    detectedAt: after(-10),
    declaredAt: after(-5),
    facts: {},
    steps: {},
    runbook: takeSnapshot(playbook, { runbooks: {} }),
    findings: ['eval_score_drop:task_completion_rate'],
    ...over,
  };
}

interface Table<T extends { readonly version: number }> {
  get(key: string): T | undefined;
  all(): readonly T[];
  seed(...rows: readonly T[]): void;
  /** Whether every row still has the version it was loaded with. */
  fits(rows: readonly T[]): boolean;
  write(rows: readonly T[]): void;
}

/** Rows by key, each with its version, as the database keeps them. */
export function createTable<T extends { readonly version: number }>(keyOf: (row: T) => string): Table<T> {
  const rows = new Map<string, T>();
  return {
    get: (key) => rows.get(key),
    all: () => [...rows.values()],
    seed: (...seeded) => {
      for (const row of seeded) rows.set(keyOf(row), row);
    },
    fits: (written) => written.every((row) => (rows.get(keyOf(row))?.version ?? 0) === row.version),
    write: (written) => {
      for (const row of written) rows.set(keyOf(row), { ...row, version: row.version + 1 });
    },
  };
}

export interface MemoryIncidentStore extends IncidentStore {
  readonly incidents: Table<Incident>;
  readonly proposals: Table<Proposal>;
  readonly watches: Table<ServiceWatch>;
  readonly entries: TimelineEntry[];
  readonly jobs: NewJob[];
  /** How each `save` ended. */
  readonly saves: ('saved' | 'conflict')[];
  evidenceIs(evidence: Partial<Evidence>): void;
  arrive(...signals: readonly Signal[]): void;
  evalsAre(...evals: readonly VersionEval[]): void;
  /** `save` without a turn of the event loop, for stores that write more. */
  commit(change: IncidentChange, othersFit?: boolean): 'saved' | 'conflict';
}

const NO_EVIDENCE: Evidence = {
  slis: new Map(),
  alerts: [],
  reports: [],
};

/** A store in memory that refuses stale versions and second declarations, like the database does. */
export function createIncidentStore(): MemoryIncidentStore {
  const incidents = createTable<Incident>((row) => row.id);
  const proposals = createTable<Proposal>((row) => row.id);
  const watches = createTable<ServiceWatch>((row) => row.service);
  const entries: TimelineEntry[] = [];
  const jobs: NewJob[] = [];
  const saves: ('saved' | 'conflict')[] = [];
  let evidence: Evidence = NO_EVIDENCE;
  let arrived: readonly Signal[] = [];
  let evals: readonly VersionEval[] = [];

  const alreadyDeclared = (row: Incident): boolean =>
    incidents.all().some((known) => known.declareKey === row.declareKey && known.id !== row.id);

  function commit(change: IncidentChange, othersFit = true): 'saved' | 'conflict' {
    const changed = change.incidents ?? [];
    const seen = change.watch === undefined ? [] : [change.watch];
    const asked = change.proposals ?? [];
    const fits =
      othersFit &&
      watches.fits(seen) &&
      incidents.fits(changed) &&
      proposals.fits(asked) &&
      !changed.some(alreadyDeclared);
    saves.push(fits ? 'saved' : 'conflict');
    if (!fits) return 'conflict';
    let number = Math.max(0, ...incidents.all().map((row) => row.number));
    watches.write(seen);
    incidents.write(
      changed.map((row) => {
        if (row.number !== 0) return row;
        number += 1;
        return { ...row, number };
      }),
    );
    proposals.write(asked);
    for (const written of change.timeline ?? []) {
      const known = entries.some(
        (entry) =>
          entry.id === written.id ||
          (written.onceKey !== undefined &&
            entry.incidentId === written.incidentId &&
            entry.onceKey === written.onceKey),
      );
      if (!known) entries.push(written);
    }
    for (const job of change.jobs ?? []) {
      // A key is taken for good, unless it coalesces: then only while the job waits, as all of these do.
      if (job.key === undefined || !jobs.some((known) => known.key === job.key)) jobs.push(job);
    }
    return 'saved';
  }

  return {
    incidents,
    proposals,
    watches,
    entries,
    jobs,
    saves,
    evidenceIs: (given) => {
      evidence = { ...NO_EVIDENCE, ...given };
    },
    arrive: (...signals) => {
      arrived = [...arrived, ...signals];
    },
    evalsAre: (...given) => {
      evals = given;
    },
    commit,
    changesOf: async (incidentId) =>
      entries.filter((each) => each.incidentId === incidentId && each.kind === 'change_seen'),
    versionEvals: async (_service, kinds, from, until) =>
      evals.filter((each) => kinds.includes(each.what) && each.newest >= from && each.newest <= until),
    distributions: async (service, from, to) =>
      arrived.filter(
        (signal): signal is Distribution =>
          signal.type === 'distribution' && signal.service === service && signal.at >= from && signal.at < to,
      ),
    watch: async (service) => watches.get(service) ?? { service, version: 0, findings: {} },
    evidence: async () => evidence,
    openIncidents: async (service) => incidents.all().filter((row) => row.service === service && isOpen(row)),
    signalsNotOnTimeline: async (incident, from) =>
      arrived.filter(
        (signal) =>
          signal.type !== 'distribution' &&
          signal.at >= from &&
          !entries.some((e) => e.incidentId === incident.id && e.onceKey === arrivalKey(signal)),
      ),
    incident: async (id) => incidents.get(id),
    proposal: async (id) => proposals.get(id),
    save: async (change) => commit(change),
  };
}

/** Dependencies of the incident verbs over a store in memory, with a clock that stands at {@link NOW}. */
export function incidentDeps(...services: readonly IncidentService[]) {
  return {
    store: createIncidentStore(),
    services: directoryOf(...(services.length === 0 ? [aService()] : services)),
    playbook,
    clock: createManualClock(NOW),
    newId: sequentialIds(),
  };
}
