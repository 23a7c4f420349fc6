/** What the unit tests of mitigations share. Not part of the build. */
import { z } from 'zod';
import { stableJson } from '../ids.ts';
import type { Incident } from '../incidents/incident.ts';
import {
  anIncident,
  aService,
  createIncidentStore,
  createTable,
  directoryOf,
  type MemoryIncidentStore,
  NOW,
  playbook,
  sequentialIds,
} from '../incidents/test-builders.ts';
import type { Measurement } from '../signals/signal.ts';
import { createManualClock } from '../time.ts';
import { type History, inOrder } from '../triggers/evidence.ts';
import { decideMitigation } from './decide-mitigation.ts';
import { executeMitigation } from './execute-mitigation.ts';
import type { Installation } from './installation.ts';
import type { Mitigation } from './mitigation.ts';
import type {
  ApproverDirectory,
  MitigableService,
  MitigationChange,
  MitigationDeps,
  MitigationStore,
  SendOutcome,
} from './ports.ts';
import { requestMitigation } from './request-mitigation.ts';
import { type MitigationDefinition, mitigationDefinition, mitigationFields } from './schema.ts';

const mitigationFile = z.strictObject(mitigationFields);
type DefinitionInput = z.input<typeof mitigationDefinition>;

export function aDefinition(over: Partial<DefinitionInput> = {}): MitigationDefinition {
  return mitigationDefinition.parse(definitionInput(over));
}

function definitionInput(over: Partial<DefinitionInput>): DefinitionInput {
  return {
    title: 'Roll back the model',
    risk: 'high',
    side_effects: 'none',
    request: {
      url: 'https://deploy.internal/rollback',
      headers: { authorization: `Bearer \${AIRE_SECRET_DEPLOY}` },
      body: { to: '{{facts.previous_good_model}}' },
    },
    secret: 'AIRE_SECRET_SIGNING',
    idempotency: 'header',
    verify: { within: '30m', consecutive: 2 },
    ...over,
  };
}

/** Measurements as the database gives them. */
export function historyOf(measurements: readonly Measurement[]): History {
  const checks = measurements.map(({ at, value, samples, labels }) => ({
    ...{ at, value, series: stableJson(labels), inIncident: true },
    ...(samples === undefined ? {} : { samples }),
  }));
  return { checks: inOrder(checks) };
}

export interface MitigationCase {
  readonly definition?: Partial<DefinitionInput>;
  readonly approval?: z.input<typeof mitigationFile>['approval'];
  readonly incident?: Partial<Incident>;
}

/** An incident in the mitigate phase whose model went from v41 to v42, and a service that can roll it back. */
export function mitigationDeps({ definition = {}, approval, incident = {} }: MitigationCase = {}) {
  const store = createMitigationStore();
  store.base.incidents.seed(
    anIncident({
      phase: 'mitigate',
      facts: { previous_good_model: { value: 'v41', from: 'signal:ci', at: NOW } },
      fired: { sli: 'task_completion_rate', value: 0.86, baseline: 0.95, recoveredWithin: 0.025 },
      ...incident,
    }),
  );
  const service: MitigableService = {
    ...aService(),
    ...mitigationFile.parse({ approval, mitigations: { roll_back: definitionInput(definition) } }),
  };
  const clock = createManualClock(NOW);
  const deps = {
    store,
    services: directoryOf(service),
    playbook,
    clock,
    newId: sequentialIds(),
    callbackUrl: (id: string) => `https://aire.example/webhooks/mitigations/${id}`,
  } satisfies MitigationDeps;
  return { deps, store, clock };
}

export type TestDeps = ReturnType<typeof mitigationDeps>['deps'];

export interface MemoryMitigationStore extends MitigationStore {
  readonly base: MemoryIncidentStore;
  readonly mitigations: ReturnType<typeof createTable<Mitigation>>;
  readonly installations: ReturnType<typeof createTable<Installation>>;
  measured(...measurements: readonly Measurement[]): void;
}

export function createMitigationStore(): MemoryMitigationStore {
  const base = createIncidentStore();
  const mitigations = createTable<Mitigation>((row) => row.id);
  const installations = createTable<Installation>(() => 'only');
  const installed = (change: MitigationChange) =>
    change.installation === undefined ? [] : [change.installation];
  let measurements: readonly Measurement[] = [];
  return {
    ...base,
    base,
    mitigations,
    installations,
    measured: (...more) => {
      measurements = [...measurements, ...more];
    },
    mitigation: async (id) => mitigations.get(id),
    mitigationsOf: async (incidentId) => mitigations.all().filter((row) => row.incidentId === incidentId),
    approvedMitigations: async () => mitigations.all().filter((row) => row.state === 'approved'),
    installation: async () => installations.get('only'),
    verifying: async (service) =>
      mitigations.all().filter((row) => row.service === service && row.state === 'verifying'),
    checksSince: async (service, sli, since, slice) =>
      historyOf(
        measurements.filter(
          (m) =>
            m.service === service &&
            m.sli === sli &&
            m.at > since &&
            (slice === undefined || m.labels[slice.label] === slice.value),
        ),
      ),
    save: async (change) => {
      const fits = mitigations.fits(change.mitigations ?? []) && installations.fits(installed(change));
      const saved = base.commit(change, fits);
      if (saved === 'saved') {
        mitigations.write(change.mitigations ?? []);
        installations.write(installed(change));
      }
      return saved;
    },
  };
}

/** Ana asks for the rollback. */
export function request(
  deps: TestDeps,
  over: Partial<Parameters<typeof requestMitigation>[1]> = {},
): Promise<Mitigation> {
  return requestMitigation(deps, {
    incidentId: 'inc_a',
    name: 'roll_back',
    reason: 'v42 answers worse',
    by: 'U_ANA',
    onceKey: 'click-1',
    ...over,
  });
}

/** Nobody is asked who may approve: everybody may. */
export const anybody: ApproverDirectory = { isOneOf: async () => true };

export function approve(deps: TestDeps, mitigation: Mitigation, by = 'U_BEN'): Promise<Mitigation> {
  return decideMitigation(deps, anybody, {
    mitigationId: mitigation.id,
    by,
    decision: 'approve',
    parametersHash: mitigation.parametersHash,
  });
}

/** A target that answers with these outcomes in turn, then the last one again; it remembers what it was sent. */
export function createTarget(...outcomes: readonly (SendOutcome | (() => Promise<SendOutcome>))[]) {
  const sent: Mitigation[] = [];
  return {
    sent,
    async send(mitigation: Mitigation): Promise<SendOutcome> {
      const outcome = outcomes[Math.min(sent.length, outcomes.length - 1)];
      sent.push(mitigation);
      if (outcome === undefined) throw new Error('the process died while sending');
      return typeof outcome === 'function' ? outcome() : outcome;
    },
  };
}

export const accepted: SendOutcome = { kind: 'accepted', detail: 'The target answered 200.' };

/** Requests, approves and sends; the target takes it. */
export async function run(deps: TestDeps): Promise<Mitigation> {
  const requested = await request(deps);
  await approve(deps, requested);
  await executeMitigation(deps, createTarget(accepted), requested.id, false);
  return current(deps, requested.id);
}

export function current(deps: TestDeps, id: string): Mitigation {
  const found = deps.store.mitigations.get(id);
  if (found === undefined) throw new Error(`no mitigation ${id}`);
  return found;
}

/** What the timeline says, oldest first. */
export function said(deps: TestDeps): readonly string[] {
  return deps.store.base.entries.map((entry) => `${entry.kind}: ${entry.text}`);
}

export function aMeasurement(value: number, at: Date, over: Partial<Measurement> = {}): Measurement {
  return {
    type: 'measurement',
    id: `m_${at.toISOString()}`,
    source: 'signals',
    service: 'support-agent',
    labels: {},
    sli: 'task_completion_rate',
    value,
    at,
    ...over,
  };
}
