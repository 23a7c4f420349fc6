import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { slideOver } from '../../src/cli/backtest/sliding-evidence.ts';
import { createManualClock, DAY, HOUR, MINUTE } from '../../src/time.ts';
import type { Check, SliEvidence } from '../../src/triggers/evidence.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { bareIncident, measurement, NOW } from './samples.ts';

const SLI = 'task_completion_rate';
/** Fifteen hours of checks, every ten minutes with a hole, of changing size. */
const CHECKS: readonly Check[] = [...Array(90).keys()]
  .filter((index) => index < 40 || index > 46)
  .map((index) => ({
    at: new Date(NOW.getTime() - (90 - index) * 10 * MINUTE),
    value: (90 + (index % 7)) / 100,
    samples: 50 + (index % 3),
    inIncident: false,
  }));

describeOnBoth('a backtest sees what the database would have given', (open) => {
  let database: Database;
  beforeAll(async () => {
    database = (await open()).database;
  });
  beforeEach(() => emptyDatabase(database));

  const wantedOf = (history: ReadonlyMap<string, number>, baselineWindow: number) => ({
    slis: [SLI],
    history,
    baselineWindow,
    baselines: new Set([SLI]),
    reports: 0,
  });
  async function storesWithChecks() {
    const signals = CHECKS.map(({ at, value, samples = 1 }, index) =>
      measurement(`m${index}`, value, at, { sli: SLI, samples }),
    );
    const delivery = { source: 'signals', id: 'd', receivedAt: NOW };
    await createDeliveryStore(database, () => {}).storeDelivery(delivery, signals, []);
    return createStores(database, createManualClock(NOW), () => {});
  }
  function expectSame(mine: SliEvidence, theirs: SliEvidence | undefined): void {
    const bare = (checks: readonly Check[] = []) =>
      checks.map(({ at, value, samples, inIncident }) => ({ at, value, samples, inIncident }));
    expect(bare(mine.checks)).toEqual(bare(theirs?.checks));
    expect(mine.before.measurements).toBe(theirs?.before.measurements);
    expect(mine.before.weight).toBe(theirs?.before.weight);
    expect(mine.before.weighted).toBeCloseTo(theirs?.before.weighted ?? Number.NaN, 6);
  }

  it.each([
    ['the newest checks', new Map<string, number>(), DAY],
    ['a short baseline', new Map<string, number>(), 6 * HOUR],
    ['what is watched over time', new Map([[SLI, 90 * MINUTE]]), DAY],
  ])('%s', async (_, history, baselineWindow) => {
    const stores = await storesWithChecks();
    const wanted = wantedOf(history, baselineWindow);
    const series = slideOver(CHECKS, wanted, SLI);
    for (const [index, { at }] of CHECKS.entries()) {
      const mine = series.at(index);
      if (index % 13 !== 0 && index !== CHECKS.length - 1) continue;
      expectSame(mine, (await stores.evidence('support-agent', wanted, at)).slis.get(SLI));
    }
  });

  it('without the times of incidents, also when those are added up already', async () => {
    const stores = await storesWithChecks();
    const [first, last, newest] = [CHECKS[30], CHECKS[36], CHECKS.at(-1)];
    if (first === undefined || last === undefined || newest === undefined) throw new Error('no checks');
    const incident = bareIncident('inc_a', { phase: 'closed', startedAt: first.at, resolvedAt: last.at });
    await stores.save({ incidents: [incident] });
    const wanted = wantedOf(new Map(), DAY);
    const series = slideOver(CHECKS, wanted, SLI);
    const theirs = (await stores.evidence('support-agent', wanted, newest.at)).slis.get(SLI);
    for (const index of CHECKS.keys()) {
      series.at(index);
      if (index === 70) series.isIncident(first.at, 36);
    }
    expectSame(series.at(CHECKS.length - 1), theirs);
    expect(theirs?.before.measurements).toBe(CHECKS.length - 30 - 7);
  });
});
