import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { CaseSplit, GoldenCase } from '../../golden-dataset/golden-case.ts';
import type { Actor, Fact, FiredSli, Phase } from '../../incidents/incident.ts';
import type { Onset } from '../../incidents/onset.ts';
import type { EntryKind } from '../../incidents/timeline.ts';
import type { Proposal, WatchedFinding } from '../../incidents/watch.ts';
import type { FrozenRequest, MitigationState } from '../../mitigations/mitigation.ts';
import type { MitigationDefinition } from '../../mitigations/schema.ts';
import type { ActionItem } from '../../postmortems/action-item.ts';
import type { StepState } from '../../runbooks/next-steps.ts';
import type { Cause } from '../../runbooks/schema.ts';
import type { RunbookSnapshot } from '../../runbooks/snapshot.ts';
import type { ExampleFailure, Signal } from '../../signals/signal.ts';
import type { IncidentKind } from '../../triggers/schema.ts';
import type { Severity } from '../../triggers/severity.ts';
import { document } from './document.ts';

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });

/** Every accepted HTTP delivery; those with a problem are dead letters. */
export const deliveries = pgTable(
  'deliveries',
  {
    source: text('source').notNull(),
    id: text('id').notNull(),
    receivedAt: at('received_at').notNull(),
    problem: text('problem'),
    body: text('body'),
  },
  (t) => [primaryKey({ columns: [t.source, t.id] }), index('deliveries_received').on(t.receivedAt)],
);

/** Everything that arrived, normalised. Measurements have their numbers in columns; the rest is in `signal`. */
export const signals = pgTable(
  'signals',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    source: text('source').notNull(),
    type: text('type').$type<Signal['type']>().notNull(),
    id: text('id').notNull(),
    service: text('service').notNull(),
    at: at('at').notNull(),
    sli: text('sli'),
    value: doublePrecision('value'),
    samples: doublePrecision('samples'),
    /** The time it speaks for, in seconds; taken out of `signal` by the database, whatever version of aire writes. */
    window: doublePrecision('window_s').generatedAlwaysAs(
      sql`case when type = 'measurement' then (signal ->> 'windowSeconds')::double precision end`,
    ),
    alertKey: text('alert_key'),
    signal: document<Signal>('signal').notNull(),
  },
  (t) => [
    uniqueIndex('signals_once').on(t.source, t.type, t.id),
    // With all that a check is made of, so that a week of it is read from the index alone.
    index('signals_measurements')
      .on(t.service, t.sli, t.at, t.value, t.samples, t.window)
      .where(sql`${t.type} = 'measurement'`),
    index('signals_others').on(t.service, t.type, t.at).where(sql`${t.type} <> 'measurement'`),
  ],
);

export const watches = pgTable('watches', {
  service: text('service').primaryKey(),
  version: integer('version').notNull(),
  findings: document<Readonly<Record<string, WatchedFinding>>>('findings').notNull(),
});

export const proposals = pgTable(
  'proposals',
  {
    id: text('id').primaryKey(),
    version: integer('version').notNull(),
    service: text('service').notNull(),
    trigger: text('trigger').notNull(),
    severity: text('severity').$type<Severity>().notNull(),
    reason: text('reason').notNull(),
    findings: document<readonly string[]>('findings').notNull(),
    at: at('at').notNull(),
    state: text('state').$type<Proposal['state']>().notNull(),
    isSuspicion: boolean('is_suspicion').notNull().default(false),
    answeredBy: text('answered_by'),
    answeredAt: at('answered_at'),
    incidentId: text('incident_id'),
  },
  (t) => [index('proposals_at').on(t.at), index('proposals_open').on(t.at).where(sql`${t.state} = 'open'`)],
);

/** Frozen runbooks, addressed by their content: thousands of incidents share a few. */
export const snapshots = pgTable('snapshots', {
  hash: text('hash').primaryKey(),
  runbook: document<RunbookSnapshot>('runbook').notNull(),
});

export const incidents = pgTable(
  'incidents',
  {
    id: text('id').primaryKey(),
    number: integer('number').generatedAlwaysAsIdentity(),
    version: integer('version').notNull(),
    service: text('service').notNull(),
    title: text('title').notNull(),
    reason: text('reason').notNull(),
    kind: text('kind').$type<IncidentKind>().notNull(),
    cause: text('cause').$type<Cause>(),
    severity: text('severity').$type<Severity>().notNull(),
    phase: text('phase').$type<Phase>().notNull(),
    trigger: text('trigger'),
    fired: document<FiredSli>('fired'),
    declareKey: text('declare_key').notNull(),
    declaredBy: document<Actor>('declared_by').notNull(),
    commander: text('commander'),
    startedAt: at('started_at').notNull(),
    onset: document<Onset>('onset'),
    detectedAt: at('detected_at').notNull(),
    declaredAt: at('declared_at').notNull(),
    acknowledgedAt: at('acknowledged_at'),
    mitigatedAt: at('mitigated_at'),
    resolvedAt: at('resolved_at'),
    closedAt: at('closed_at'),
    facts: document<Readonly<Record<string, Fact>>>('facts').notNull(),
    steps: document<Readonly<Record<string, StepState>>>('steps').notNull(),
    runbookHash: text('runbook_hash')
      .notNull()
      .references(() => snapshots.hash),
    findings: document<readonly string[]>('findings').notNull(),
  },
  (t) => [
    uniqueIndex('incidents_number').on(t.number),
    uniqueIndex('incidents_declare_key').on(t.declareKey),
    index('incidents_open')
      .on(t.service, t.declaredAt)
      .where(sql`${t.phase} in ('triage', 'scope', 'mitigate')`),
    index('incidents_by_service').on(t.service, t.startedAt),
    index('incidents_declared').on(t.declaredAt),
  ],
);

/** Append-only. */
export const timeline = pgTable(
  'timeline',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    id: text('id').notNull(),
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    at: at('at').notNull(),
    actor: document<Actor>('actor').notNull(),
    kind: text('kind').$type<EntryKind>().notNull(),
    text: text('text').notNull(),
    url: text('url'),
    data: document<Readonly<Record<string, unknown>>>('data'),
    onceKey: text('once_key'),
  },
  (t) => [
    uniqueIndex('timeline_id').on(t.id),
    index('timeline_of_incident').on(t.incidentId, t.at, t.seq),
    uniqueIndex('timeline_once').on(t.incidentId, t.onceKey).where(sql`${t.onceKey} is not null`),
  ],
);

export const mitigations = pgTable(
  'mitigations',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    id: text('id').notNull(),
    version: integer('version').notNull(),
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    service: text('service').notNull(),
    name: text('name').notNull(),
    definition: document<MitigationDefinition>('definition').notNull(),
    request: document<FrozenRequest>('request').notNull(),
    parametersHash: text('parameters_hash').notNull(),
    parameters: document<Readonly<Record<string, string>>>('parameters').notNull(),
    reason: text('reason').notNull(),
    state: text('state').$type<MitigationState>().notNull(),
    twoPerson: boolean('two_person').notNull(),
    requestedBy: text('requested_by').notNull(),
    requestedAt: at('requested_at').notNull(),
    expiresAt: at('expires_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: at('decided_at'),
    sentAt: at('sent_at'),
    ranAt: at('ran_at'),
    endedAt: at('ended_at'),
    detail: text('detail'),
  },
  (t) => [
    uniqueIndex('mitigations_id').on(t.id),
    index('mitigations_of_incident').on(t.incidentId, t.seq),
    index('mitigations_verifying').on(t.service).where(sql`${t.state} = 'verifying'`),
    // Whatever happens elsewhere, one mitigation of an incident is under way at a time.
    uniqueIndex('mitigations_one_under_way')
      .on(t.incidentId)
      .where(sql`${t.state} in ('requested', 'approved', 'running', 'verifying')`),
  ],
);

export const goldenCases = pgTable(
  'golden_cases',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    id: text('id').notNull(),
    version: integer('version').notNull(),
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    service: text('service').notNull(),
    input: text('input').notNull(),
    observed: text('observed').notNull(),
    expected: text('expected'),
    context: document<readonly string[]>('context').notNull(),
    failure: text('failure').$type<ExampleFailure>().notNull(),
    split: text('split').$type<CaseSplit>().notNull(),
    traceUrl: text('trace_url'),
    redacted: document<Readonly<Record<string, number>>>('redacted').notNull(),
    state: text('state').$type<GoldenCase['state']>().notNull(),
    draftedAt: at('drafted_at').notNull(),
    reviewedBy: text('reviewed_by'),
    reviewedAt: at('reviewed_at'),
    commit: text('commit'),
    path: text('path'),
  },
  (t) => [uniqueIndex('golden_cases_id').on(t.id), index('golden_cases_of_incident').on(t.incidentId, t.seq)],
);

export const postmortems = pgTable('postmortems', {
  incidentId: text('incident_id')
    .primaryKey()
    .references(() => incidents.id),
  version: integer('version').notNull(),
  path: text('path').notNull(),
  hash: text('hash').notNull(),
  draftedAt: at('drafted_at').notNull(),
});

export const actionItems = pgTable(
  'action_items',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    id: text('id').notNull(),
    version: integer('version').notNull(),
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    service: text('service').notNull(),
    what: text('what').notNull(),
    owner: text('owner'),
    due: text('due'),
    state: text('state').$type<ActionItem['state']>().notNull(),
    addedBy: text('added_by').notNull(),
    addedAt: at('added_at').notNull(),
    doneAt: at('done_at'),
  },
  (t) => [
    uniqueIndex('action_items_id').on(t.id),
    index('action_items_of_incident').on(t.incidentId, t.seq),
    index('action_items_open').on(t.due, t.seq).where(sql`${t.state} = 'open'`),
  ],
);

/** One row: which copy of the data this is, and whether mitigations wait since it was restored. */
export const installation = pgTable('installation', {
  id: text('id').primaryKey(),
  version: integer('version').notNull(),
  place: text('place').notNull(),
  heldSince: at('held_since'),
  heldReason: text('held_reason'),
  releasedBy: text('released_by'),
  releasedAt: at('released_at'),
});

/** The outbox. */
export const jobs = pgTable(
  'jobs',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text('kind').notNull(),
    lane: text('lane').notNull(),
    key: text('key'),
    coalesce: boolean('coalesce').notNull(),
    payloadVersion: integer('payload_version').notNull(),
    payload: document<Readonly<Record<string, unknown>>>('payload').notNull(),
    state: text('state').$type<'ready' | 'running' | 'done' | 'dead'>().notNull(),
    dueAt: at('due_at').notNull(),
    /** After a failure: not before this. Unlike `due_at` it does not let the lane go on, for a minute. */
    retryAt: at('retry_at'),
    firstFailedAt: at('first_failed_at'),
    attempts: integer('attempts').notNull(),
    leaseUntil: timestamp('lease_until', { withTimezone: true, mode: 'date' }),
    error: text('error'),
    createdAt: at('created_at').notNull(),
    endedAt: at('ended_at'),
  },
  (t) => [
    uniqueIndex('jobs_one_running_per_lane').on(t.lane).where(sql`${t.state} = 'running'`),
    uniqueIndex('jobs_once').on(t.key).where(sql`${t.key} is not null and not ${t.coalesce}`),
    uniqueIndex('jobs_coalesced')
      .on(t.key)
      .where(sql`${t.key} is not null and ${t.coalesce} and ${t.state} = 'ready'`),
    index('jobs_due').on(t.dueAt, t.id).where(sql`${t.state} = 'ready'`),
    index('jobs_lane').on(t.lane, t.dueAt, t.id).where(sql`${t.state} = 'ready'`),
    index('jobs_leases').on(t.leaseUntil).where(sql`${t.state} = 'running'`),
    index('jobs_dead').on(t.id).where(sql`${t.state} = 'dead'`),
  ],
);

/** Where in Slack something is shown, so that it can be edited instead of posted again. */
export const slackMessages = pgTable(
  'slack_messages',
  { key: text('key').primaryKey(), channel: text('channel').notNull(), ts: text('ts') },
  (t) => [index('slack_messages_channel').on(t.channel)],
);
