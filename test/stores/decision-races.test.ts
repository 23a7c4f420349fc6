import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import { isAppError } from '../../src/errors.ts';
import { newId } from '../../src/ids.ts';
import { declareIncident } from '../../src/incidents/declare-incident.ts';
import type { IncidentChange, IncidentDeps } from '../../src/incidents/ports.ts';
import { recordFinding } from '../../src/incidents/record-finding.ts';
import { remind } from '../../src/incidents/remind.ts';
import { respondToSignals } from '../../src/incidents/respond-to-signals.ts';
import { settleStep } from '../../src/incidents/settle-step.ts';
import { startStep } from '../../src/incidents/start-step.ts';
import { takeCommand } from '../../src/incidents/take-command.ts';
import { step } from '../../src/runbooks/schema.ts';
import { createManualClock } from '../../src/time.ts';
import { emptyDatabase, openTestPostgres } from '../support/databases.ts';
import {
  bareIncident,
  measurement,
  minutesAgo,
  NOW,
  PLAYBOOK,
  sampleRunbook,
  sampleService,
} from './samples.ts';

const ROUNDS = 20;
const SERVICE = 'support-agent';
const ID = 'inc_1';

/** Two replicas of aire on one PostgreSQL. Races only count here: PGlite has one connection. */
let first: Database;
let second: Database;
let stores: Stores;
let close: () => Promise<void>;
beforeAll(async () => {
  const opened = await openTestPostgres();
  first = opened.database;
  second = await opened.another();
  stores = storesOf(first);
  close = opened.close;
});
afterAll(() => close());
beforeEach(() => emptyDatabase(first));

const storesOf = (database: Database): Stores => createStores(database, createManualClock(NOW), () => {});

/** What may stand between a replica's decision and the database. */
type Saving = (own: Stores, change: IncidentChange) => Promise<'saved' | 'conflict'>;

const asItIs: Saving = (own, change) => own.save(change);

/** As if no version were checked: whatever is there is written over. */
const unchecked: Saving = async (own, change) => {
  for (let tries = 0; tries < 20; tries++) {
    const watch =
      change.watch === undefined
        ? {}
        : { watch: { ...change.watch, version: (await own.watch(change.watch.service)).version } };
    const incidents = await Promise.all(
      (change.incidents ?? []).map(async (incident) => ({
        ...incident,
        version: (await own.incident(incident.id))?.version ?? 0,
      })),
    );
    if ((await own.save({ ...change, ...watch, incidents })) === 'saved') return 'saved';
  }
  return 'conflict';
};

/** As if what is said had no name of its own. */
const nameless: Saving = (own, change) =>
  own.save({
    ...change,
    timeline: (change.timeline ?? []).map((entry) => ({ ...entry, id: newId('ent') })),
  });

/** The verbs of one replica; `lost` counts the races that it lost. */
function replicaOf(database: Database, saving: Saving) {
  const own = storesOf(database);
  const counted = { lost: 0 };
  const service = sampleService();
  const deps: IncidentDeps = {
    store: {
      ...own,
      save: async (change) => {
        const answer = await saving(own, change);
        if (answer === 'conflict') counted.lost += 1;
        return answer;
      },
    },
    services: { get: (id) => (id === service.service ? service : undefined), all: () => [service] },
    playbook: PLAYBOOK,
    clock: createManualClock(NOW),
    newId,
  };
  return { deps, counted };
}

/** Several do something at the same moment, on both replicas in turn. */
interface Race {
  readonly before: () => Promise<void>;
  readonly acts: readonly ((deps: IncidentDeps) => Promise<unknown>)[];
  readonly outcome: () => Promise<unknown>;
  /** Whoever was faster. */
  readonly expected: unknown;
}

const incidentThere = async (): Promise<void> => {
  await stores.save({ incidents: [bareIncident(ID)] });
};
const badScoreThere = async (): Promise<void> => {
  const bad = measurement('bad', 0.7, minutesAgo(1), { samples: 200, windowSeconds: 3600 });
  const delivery = { source: 'signals', id: 'd1', receivedAt: NOW };
  await createDeliveryStore(first, () => {}).storeDelivery(delivery, [bad], []);
};
const jobsOf = async (kind: string): Promise<number> =>
  Number((await first.rows(sql`select count(*)::int as n from jobs where kind = ${kind}`))[0]?.n);
const evaluate = (deps: IncidentDeps) => respondToSignals(deps, SERVICE);
const declareByHand = (deps: IncidentDeps): Promise<unknown> =>
  declareIncident(deps, {
    service: SERVICE,
    title: 'Wrong answers',
    kind: 'model_behavior',
    severity: 'SEV2',
    by: 'U1',
    onceKey: 'form',
  }).catch((error: unknown) => {
    // The trigger was faster, and the person is told so.
    if (!isAppError(error, 'not_allowed_now')) throw error;
  });
const tick = (deps: IncidentDeps) =>
  settleStep(deps, {
    incidentId: ID,
    stepId: 'infrastructure',
    by: 'U1',
    settlement: { as: 'done', outcome: 'ok' },
  });
const choose = (deps: IncidentDeps) =>
  settleStep(deps, {
    incidentId: ID,
    stepId: 'cause',
    by: 'U2',
    settlement: { as: 'chosen', value: 'model' },
  });
const GPU = step.parse({
  id: 'gpu',
  kind: 'query',
  phase: 'triage',
  title: 'GPU',
  query: 'up',
  healthy: { above: 0 },
});
const runnableThere = async (): Promise<void> => {
  const runbook = { ...sampleRunbook(), hash: 'runnable', steps: [GPU] };
  await stores.save({ incidents: [bareIncident(ID, { runbook })] });
};
const startGpu = (deps: IncidentDeps) => startStep(deps, { incidentId: ID, stepId: GPU.id, by: 'U1' });
const runGpu = async (): Promise<void> => {
  await runnableThere();
  await startGpu(replicaOf(first, asItIs).deps);
};
const foundGpu = async (deps: IncidentDeps) => {
  const { run = '' } = (await stores.incident(ID))?.steps[GPU.id] ?? {};
  const result = { kind: 'found', outcome: 'ok', note: '3' } as const;
  return recordFinding(deps, { incidentId: ID, stepId: GPU.id, run, result });
};
const command = (deps: IncidentDeps) => takeCommand(deps, { incidentId: ID, by: 'U3' });

const RACES: Readonly<Record<string, Race>> = {
  'declare: a person and a trigger': {
    before: badScoreThere,
    acts: [declareByHand, evaluate],
    outcome: async () => [(await stores.listLatest(10)).length, await jobsOf('incident.open_channel')],
    expected: [1, 1],
  },
  'attach: two evaluations': {
    before: async () => {
      await stores.save({ incidents: [bareIncident(ID, { severity: 'SEV1' })] });
      await badScoreThere();
    },
    acts: [evaluate, evaluate],
    outcome: async () => [
      (await stores.incident(ID))?.findings,
      (await stores.timeline(ID)).length,
      await jobsOf('incident.say'),
    ],
    expected: [['eval_score_drop:task_completion_rate'], 1, 1],
  },
  'step: one click that arrives at both': {
    before: incidentThere,
    acts: [tick, tick],
    outcome: async () => [(await stores.timeline(ID)).length, (await stores.incident(ID))?.version],
    expected: [1, 2],
  },
  'steps and command: three people': {
    before: incidentThere,
    acts: [tick, choose, command],
    outcome: async () => {
      const incident = await stores.incident(ID);
      const { commander, cause, version } = incident ?? {};
      return { commander, cause, version, steps: Object.keys(incident?.steps ?? {}).sort() };
    },
    expected: { commander: 'U3', cause: 'model', version: 4, steps: ['cause', 'infrastructure'] },
  },
  'step: one run that is asked for at both': {
    before: runnableThere,
    acts: [startGpu, startGpu],
    outcome: async () => [await jobsOf('step.run'), (await stores.incident(ID))?.version],
    expected: [1, 2],
  },
  'step: one finding that arrives at both': {
    before: runGpu,
    acts: [foundGpu, foundGpu],
    outcome: async () => [
      await stores.countEntries(ID, 'step_settled'),
      (await stores.incident(ID))?.steps[GPU.id]?.status,
      (await stores.incident(ID))?.version,
    ],
    expected: [1, 'done', 3],
  },
  'command: one click that arrives at both': {
    before: incidentThere,
    acts: [command, command],
    outcome: async () => [
      await stores.countEntries(ID, 'acknowledged'),
      (await stores.incident(ID))?.version,
      await jobsOf('incident.say'),
    ],
    expected: [1, 2, 1],
  },
};

/** What came of each round, and how many races were lost. */
async function run(race: Race, saving: Saving): Promise<{ outcomes: unknown[]; lost: number }> {
  const replicas = [replicaOf(first, saving), replicaOf(second, saving)] as const;
  const outcomes: unknown[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await emptyDatabase(first);
    await race.before();
    await Promise.all(race.acts.map((act, n) => act(replicas[n % 2 === 0 ? 0 : 1].deps)));
    outcomes.push(await race.outcome());
  }
  return { outcomes, lost: replicas[0].counted.lost + replicas[1].counted.lost };
}

describe.each(Object.entries(RACES))('two replicas that decide — %s', (_name, race) => {
  it('give one result', async () => {
    const { outcomes, lost } = await run(race, asItIs);
    expect(outcomes).toEqual(outcomes.map(() => race.expected));
    // Otherwise nothing was raced.
    expect(lost).toBeGreaterThan(0);
  });

  it('control: would not if no version were checked', async () => {
    const { outcomes } = await run(race, unchecked);
    expect(outcomes).not.toEqual(outcomes.map(() => race.expected));
  });
});

describe('two replicas whose timer rings at the same moment', () => {
  const ring = (deps: IncidentDeps) => remind(deps, { incidentId: ID, reminder: 'triage' });
  const race: Race = {
    before: incidentThere,
    acts: [ring, ring],
    outcome: async () => [await stores.countEntries(ID, 'reminded'), await jobsOf('incident.say')],
    expected: [1, 1],
  };

  it('remind once', async () => {
    const { outcomes } = await run(race, asItIs);
    expect(outcomes).toEqual(outcomes.map(() => race.expected));
  });

  it('control: would twice if the reminder had no name of its own', async () => {
    const { outcomes } = await run(race, nameless);
    expect(outcomes).not.toEqual(outcomes.map(() => race.expected));
  });
});

it('four evaluations at once declare one incident', async () => {
  const { outcomes, lost } = await run(
    {
      before: badScoreThere,
      acts: [evaluate, evaluate, evaluate, evaluate],
      outcome: async () => {
        const declared = await stores.listLatest(10);
        const { phase, severity, trigger } = declared[0] ?? {};
        const entries = await stores.timeline(declared[0]?.id ?? '');
        return [
          declared.length,
          phase,
          severity,
          trigger,
          entries.length,
          await jobsOf('incident.open_channel'),
        ];
      },
      expected: undefined,
    },
    asItIs,
  );
  expect(outcomes).toEqual(outcomes.map(() => [1, 'triage', 'SEV1', 'eval_score_drop', 1, 1]));
  expect(lost).toBeGreaterThan(0);
});
