import { readFileSync } from 'node:fs';
import { type SQL, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import { serviceFile } from '../../src/catalogue/service-file.ts';
import { stableJson } from '../../src/ids.ts';
import { evidenceWanted } from '../../src/incidents/evidence-wanted.ts';
import { playbookFile } from '../../src/runbooks/schema.ts';
import { createManualClock, DAY } from '../../src/time.ts';
import { evaluateTrigger } from '../../src/triggers/evaluate-trigger.ts';
import { type Check, inOrder } from '../../src/triggers/evidence.ts';
import { rulesOf } from '../../src/triggers/overrides.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { measurement, minutesAgo, NOW } from './samples.ts';

/** Above twice its baseline for 15 minutes. */
const [SLI, TRIGGER] = ['cost_per_task', 'cost'];
const service = serviceFile.parse({
  service: 'support-agent',
  tier: 1,
  owners: { team: 'ml' },
  baseline: { pinned: { [SLI]: 1 }, slices: ['language'] },
});
const rules = rulesOf(playbookFile.parse(parse(readFileSync('runbooks/playbook.yaml', 'utf8'))), service);

describeOnBoth('what is measured of many series at one moment', (open) => {
  let database: Database;
  let stores: Stores;
  beforeAll(async () => {
    database = (await open()).database;
    stores = createStores(database, createManualClock(NOW), () => {});
  });
  beforeEach(() => emptyDatabase(database));

  /** So many series, measured each minute of the last so many; `value` of a minute `m` ago and a series `k`. */
  async function measured(
    series: number,
    minutes: number,
    value: SQL = sql`2.5 + k % 7 / 10.0`,
  ): Promise<void> {
    await database.rows(sql`
      insert into signals (source, type, id, service, at, sli, value, samples, signal)
      select 's', 'measurement', m || ' ' || k, 'support-agent', ${NOW.toISOString()}::timestamptz - m * interval '1 minute',
        ${SLI}, ${value}, 10, jsonb_build_object('labels', jsonb_build_object('pod', k, 'language', 'l' || k % 2))
      from generate_series(0, ${minutes}::int - 1) m, generate_series(1, ${series}::int) k`);
  }
  const evidence = () => stores.evidence('support-agent', evidenceWanted(Object.values(rules), service), NOW);
  async function found(key = `${TRIGGER}:${SLI}`) {
    const rule = rules[TRIGGER];
    if (rule === undefined) throw new Error(`no trigger ${TRIGGER}`);
    const findings = evaluateTrigger(TRIGGER, rule, service, await evidence(), new Map(), NOW);
    return findings.find((finding) => finding.key === key);
  }
  const LAST_TEN_MINUTES = sql`case when m < 10 then 2.5 else 1 end`;

  it('fires when 300 series a minute are beyond the limit for 15 minutes', async () => {
    await measured(300, 20);
    expect(await found()).toMatchObject({ state: 'firing', onset: minutesAgo(19) });
    expect((await evidence()).slis.get(SLI)).not.toHaveProperty('isCut');
  });

  it('does not when it is ten minutes (control), and asks nobody', async () => {
    await measured(300, 20, LAST_TEN_MINUTES);
    const finding = await found();
    expect(finding?.state).toBe('suspected');
    expect(finding).not.toHaveProperty('isUnconfirmed');
    expect(finding?.reason).toContain('for 9 min');
  });

  it('fires for a slice of them, and does not for ten minutes (control)', async () => {
    const slice = `${TRIGGER}:${SLI}{language=l1}`;
    await measured(300, 20, sql`case when k % 2 = 1 then 2.5 else 0.1 end`);
    expect(await found()).toMatchObject({ state: 'healthy' });
    expect(await found(slice)).toMatchObject({ state: 'firing', onset: minutesAgo(19) });
    await emptyDatabase(database);
    await measured(300, 20, sql`case when k % 2 = 1 and m < 10 then 2.5 else 0.1 end`);
    expect(await found(slice)).toMatchObject({ state: 'suspected' });
  });

  it('is thirty whole moments of each where nothing is watched over time', async () => {
    await measured(300, 40, sql`m`);
    const slis = [SLI];
    const wanted = {
      slis,
      history: new Map(),
      baselineWindow: DAY,
      baselines: new Set<string>(),
      reports: 0,
    };
    const known = await stores.evidence('support-agent', { ...wanted, slices: ['language'] }, NOW);
    const values = Array.from({ length: 30 }, (_, index) => 29 - index);
    expect(known.slis.get(SLI)?.checks.map(({ value, samples }) => [value, samples])).toEqual(
      values.map((value) => [value, 3000]),
    );
    expect(known.slices?.watched).toHaveLength(2);
    for (const { checks } of known.slices?.watched ?? [])
      expect(checks.map(({ value, samples }) => [value, samples])).toEqual(
        values.map((value) => [value, 1500]),
      );
  });

  it('proves a recovery by whole moments', async () => {
    await measured(300, 14, sql`m`);
    const since = await stores.checksSince('support-agent', SLI, minutesAgo(13));
    expect(since).toEqual({
      checks: Array.from({ length: 13 }, (_, index) => ({
        ...{ at: minutesAgo(12 - index), value: 12 - index, samples: 3000, inIncident: true },
      })),
    });
  });

  it('proves a recovery by the newest moments of a flood, and says that it is not all', async () => {
    await measured(3000, 10, sql`m`);
    for (const slice of [undefined, { label: 'language', value: 'l1' }]) {
      const since = await stores.checksSince('support-agent', SLI, minutesAgo(60), slice);
      expect(since.isCut).toBe(true);
      const samples = slice === undefined ? 30_000 : 15_000;
      expect(since.checks.map((check) => [check.value, check.samples])).toEqual(
        [5, 4, 3, 2, 1, 0].map((value) => [value, samples]),
      );
    }
  });

  const SEEN = 'only the newest 12 min can be looked at, since more is measured than is read at once';

  it('asks, and says so, when all that can be looked at of a flood is beyond the limit', async () => {
    await measured(1500, 20);
    for (const key of [`${TRIGGER}:${SLI}`, `${TRIGGER}:${SLI}{language=l1}`]) {
      const finding = await found(key);
      expect(finding).toMatchObject({ state: 'suspected', isUnconfirmed: true });
      expect(finding?.reason).toMatch(
        new RegExp(`The limit is .* for 15 min. Suspected: ${SEEN}, and all of that is beyond the limit.$`),
      );
    }
  });

  it('does not ask when the flood was well in that time (control)', async () => {
    await measured(1500, 20, LAST_TEN_MINUTES);
    const finding = await found();
    expect(finding?.state).toBe('suspected');
    expect(finding).not.toHaveProperty('isUnconfirmed');
    expect(finding?.reason).toContain(`Note: ${SEEN}.`);
  });

  it('fires in a flood of which enough can be looked at', async () => {
    await measured(1200, 20);
    expect(await found()).toMatchObject({ state: 'firing' });
  });

  it('can not be judged when one moment alone is more than is read', async () => {
    await measured(20_000, 1);
    expect(await found()).toMatchObject({
      state: 'not_evaluable',
      reason: expect.stringContaining('more measurements share its newest moment than are read at once'),
    });
    await emptyDatabase(database);
    await measured(19_999, 1);
    expect((await found())?.state).toBe('suspected');
  });

  const row = fc.record({
    minutes: fc.constantFrom(1, 2, 3),
    value: fc.constantFrom(0.1, 0.2, 0.3, 0.7),
    samples: fc.constantFrom(undefined, 0, 1, 3, 7),
    windowSeconds: fc.constantFrom(undefined, 60, 300),
    language: fc.constantFrom('de', 'en', 'fr'),
  });

  it('is one check by the same rule in the database as elsewhere, whatever its order', async () => {
    const property = fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 15 }), async (rows) => {
      await emptyDatabase(database);
      const signals = rows.map(({ minutes, value, samples, windowSeconds, language }, index) =>
        measurement(`m${index}`, value, minutesAgo(minutes), {
          ...{ sli: SLI, labels: { pod: language, language } },
          ...(samples === undefined ? {} : { samples }),
          ...(windowSeconds === undefined ? {} : { windowSeconds }),
        }),
      );
      const delivery = { source: 'signals', id: 'd', receivedAt: NOW };
      await createDeliveryStore(database, () => {}).storeDelivery(delivery, signals, []);
      const expected = (of: typeof signals, inIncident: boolean): readonly Check[] =>
        inOrder(
          of.map(({ at, value, samples, windowSeconds, labels }) => ({
            ...{ at, value, series: stableJson(labels), inIncident },
            ...(samples === undefined ? {} : { samples }),
            ...(windowSeconds === undefined ? {} : { windowSeconds }),
          })),
        );
      const known = await evidence();
      expect(known.slis.get(SLI)?.checks).toEqual(expected(signals, false));
      expect(expected([...signals].reverse(), false)).toEqual(expected(signals, false));
      for (const { slice, checks } of known.slices?.watched ?? []) {
        const mine = signals.filter(({ labels }) => labels.language === slice.value);
        expect(checks).toEqual(expected(mine, false));
      }
      const since = await stores.checksSince('support-agent', SLI, minutesAgo(60));
      expect(since.checks).toEqual(expected(signals, true));
    });
    await fc.assert(property, { numRuns: 60, seed: 20261121 });
  });
});
