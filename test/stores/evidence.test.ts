import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import type { Distribution, Signal } from '../../src/signals/signal.ts';
import { createManualClock, DAY, HOUR } from '../../src/time.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { alert, bareIncident, example, measurement, minutesAgo, NOW } from './samples.ts';

const SLI = 'task_completion_rate';

describeOnBoth('evidence', (open) => {
  let database: Database;
  let stores: Stores;
  let nextDelivery = 0;
  beforeAll(async () => {
    database = (await open()).database;
    stores = createStores(database, createManualClock(NOW), () => {});
  });
  beforeEach(() => emptyDatabase(database));

  async function arrive(...signals: Signal[]): Promise<void> {
    const delivery = { source: 'signals', id: `d${nextDelivery++}`, receivedAt: NOW };
    await createDeliveryStore(database, () => {}).storeDelivery(delivery, signals, []);
  }
  const evidence = (slis: readonly string[] = [SLI], window = DAY) =>
    stores.evidence(
      'support-agent',
      { slis, history: new Map(), baselineWindow: window, baselines: new Set(slis), reports: 0 },
      NOW,
    );
  const of = async (sli = SLI, window = DAY) =>
    (await evidence([SLI, 'refusal_rate', 'hallucination_rate'], window)).slis.get(sli);
  /** What is normal for the newest check: what lies before the checks, and those that count. */
  async function baseline(sli = SLI, window = DAY) {
    const known = await of(sli, window);
    if (known === undefined) return undefined;
    return known.checks
      .slice(0, -1)
      .filter((check) => !check.inIncident)
      .reduce(
        (sums, { value, samples = 1 }) => ({
          measurements: sums.measurements + 1,
          weighted: sums.weighted + value * samples,
          weight: sums.weight + samples,
        }),
        known.before,
      );
  }

  describe('numbers as large as are taken', () => {
    const large = (value: number, samples: number) =>
      Array.from({ length: 40 }, (_, n) =>
        measurement(`m${n}`, value, minutesAgo(n - (n % 2)), {
          ...{ samples, windowSeconds: 2_678_400, labels: { pod: `${n}`, model_version: 'v42' } },
        }),
      );
    const judged = () =>
      stores.evidence(
        'support-agent',
        {
          ...{ slis: [SLI], history: new Map(), baselineWindow: DAY, baselines: new Set([SLI]), reports: 0 },
          ...{ slices: ['model_version'], burns: { slis: [SLI], windows: [HOUR] } },
        },
        NOW,
      );

    it('are judged', async () => {
      await arrive(...large(1e15, 1e15));
      const { slis, burns } = await judged();
      expect(slis.get(SLI)?.checks.at(-1)).toMatchObject({ value: 1e15, samples: 2e15 });
      expect(burns?.get(SLI)?.windows.get(HOUR)?.weighted).toBeCloseTo(40e30, -20);
    });

    it('if larger ones were, nothing would be (control)', async () => {
      await arrive(...large(1e300, 1e300));
      await expect(judged()).rejects.toThrow();
    });
  });

  describe('the checks', () => {
    it('are in the order of their own times, not of their arrival', async () => {
      await arrive(measurement('new', 0.8, minutesAgo(5), { samples: 40, windowSeconds: 3600 }));
      await arrive(measurement('late', 0.7, minutesAgo(9)));
      expect((await of())?.checks).toEqual([
        { value: 0.7, at: minutesAgo(9), inIncident: false },
        { value: 0.8, at: minutesAgo(5), samples: 40, windowSeconds: 3600, inIncident: false },
      ]);
    });

    it('of one moment are one, weighted by samples, whatever arrived last', async () => {
      await arrive(measurement('b', 0.8, minutesAgo(5), { samples: 30 }));
      await arrive(measurement('a', 0.4, minutesAgo(5), { samples: 10 }));
      expect((await of())?.checks).toMatchObject([{ samples: 40 }]);
      expect((await of())?.checks[0]?.value).toBeCloseTo(0.7, 9);
    });

    it('of one moment and alike are one repeat only where their labels are alike too', async () => {
      const spoken = (id: string, language: string, value: number) =>
        measurement(id, value, minutesAgo(5), { samples: 100, labels: { language } });
      await arrive(
        spoken('1', 'en', 0.95),
        spoken('2', 'fr', 0.95),
        spoken('3', 'de', 0.65),
        spoken('3 again', 'de', 0.65),
      );
      expect((await of())?.checks).toEqual([
        { value: expect.closeTo(0.85, 9), samples: 300, at: minutesAgo(5), inIncident: false },
      ]);
    });

    it('are never of the future, of another service or another type', async () => {
      await arrive(
        measurement('future', 0.1, minutesAgo(-1)),
        measurement('other', 0.2, minutesAgo(1), { service: 'search' }),
        measurement('sli', 0.3, minutesAgo(1), { sli: 'latency_p95' }),
        example('x', minutesAgo(1)),
      );
      expect([...(await evidence()).slis]).toEqual([]);
    });

    it('are found for each SLI by itself', async () => {
      await arrive(
        measurement('1', 0.3, minutesAgo(1)),
        measurement('2', 0.4, minutesAgo(2), { sli: 'refusal_rate' }),
      );
      expect((await of())?.checks.map((each) => each.value)).toEqual([0.3]);
      expect((await of('refusal_rate'))?.checks.map((each) => each.value)).toEqual([0.4]);
    });

    it('are the newest thirty; what lies before them is summed up', async () => {
      await arrive(
        ...Array.from({ length: 40 }, (_, i) =>
          measurement(String(i), i / 100, minutesAgo(40 - i), { samples: 10 }),
        ),
      );
      const known = await of();
      expect(known?.checks).toHaveLength(30);
      expect(known?.checks[0]?.value).toBe(0.1);
      expect(known?.before).toMatchObject({ measurements: 10, weight: 100 });
      expect(known?.before.weighted).toBeCloseTo(4.5, 9);
    });

    it('are summed up moment by moment: two series are no more of them than one', async () => {
      const pods = ['a', 'b'];
      await arrive(
        ...Array.from({ length: 40 }, (_, i) =>
          pods.map((pod) =>
            measurement(`${pod}${i}`, 0.5, minutesAgo(40 - i), { samples: 10, labels: { pod } }),
          ),
        ).flat(),
      );
      expect((await of())?.before).toEqual({ measurements: 10, weighted: 100, weight: 200 });
    });

    it('of an SLI that is watched over a time are all of that time, and the newest however old it is', async () => {
      const watched = new Map([[SLI, 10 * 60_000]]);
      const asked = {
        slis: [SLI],
        history: watched,
        baselineWindow: DAY,
        baselines: new Set([SLI]),
        reports: 0,
      };
      const values = async () =>
        (await stores.evidence('support-agent', asked, NOW)).slis.get(SLI)?.checks.map((each) => each.value);
      await arrive(measurement('old', 0.1, minutesAgo(300)), measurement('older', 0.2, minutesAgo(301)));
      expect(await values()).toEqual([0.1]);
      await arrive(
        ...Array.from({ length: 50 }, (_, i) =>
          measurement(`n${i}`, 0.5, new Date(NOW.getTime() - i * 10_000)),
        ),
      );
      expect(await values()).toHaveLength(50);
    });
  });

  describe('the baseline', () => {
    it('weighs values by their samples; without samples a measurement counts as one', async () => {
      await arrive(
        measurement('1', 0.5, minutesAgo(30), { samples: 300 }),
        measurement('2', 0.9, minutesAgo(20), { samples: 99 }),
        measurement('3', 0.1, minutesAgo(10)),
        measurement('judged', 0, minutesAgo(1), { samples: 1000 }),
      );
      const sums = await baseline();
      expect(sums).toMatchObject({ measurements: 3, weight: 400 });
      expect(sums?.weighted).toBeCloseTo(0.5 * 300 + 0.9 * 99 + 0.1, 9);
    });

    it('leaves out what is judged, and what is older than the window', async () => {
      await arrive(
        measurement('old', 0, new Date(NOW.getTime() - DAY - 1)),
        measurement('oldest in it', 0.5, new Date(NOW.getTime() - DAY)),
        measurement('same moment as the judged', 0, minutesAgo(1)),
        measurement('judged', 0, minutesAgo(1)),
        measurement('future', 0, minutesAgo(-3)),
      );
      expect(await baseline()).toMatchObject({ measurements: 1, weighted: 0.5, weight: 1 });
    });

    it('leaves out the times of incidents, to the end of those that are over', async () => {
      const hours = (n: number) => new Date(NOW.getTime() - n * HOUR);
      await stores.save({
        incidents: [
          bareIncident('over', { startedAt: hours(10), resolvedAt: hours(8), phase: 'closed' }),
          bareIncident('open', { startedAt: hours(2) }),
          bareIncident('cancelled', { startedAt: hours(6), phase: 'cancelled', closedAt: hours(5) }),
          bareIncident('of another service', { startedAt: hours(20), service: 'search' }),
        ],
      });
      const ids = [12, 10, 9, 8, 7, 6, 5.5, 2, 1];
      await arrive(...ids.map((n) => measurement(String(n), n / 100, hours(n))));
      await arrive(measurement('judged', 0, minutesAgo(1)));
      const kept = [12, 7, 6, 5.5];
      const sums = await baseline();
      expect(sums).toMatchObject({ measurements: kept.length, weight: kept.length });
      expect(sums?.weighted).toBeCloseTo(
        kept.reduce((sum, n) => sum + n / 100, 0),
        9,
      );
    });

    it('of one SLI does not end where another SLI stopped reporting', async () => {
      await arrive(
        measurement('stopped', 0.2, new Date(NOW.getTime() - 20 * HOUR), { sli: 'refusal_rate' }),
        measurement('1', 0.5, minutesAgo(30)),
        measurement('2', 0.5, minutesAgo(20)),
        measurement('judged', 0, minutesAgo(1)),
      );
      expect(await baseline()).toMatchObject({ measurements: 2, weighted: 1, weight: 2 });
      expect(await baseline('refusal_rate')).toMatchObject({ measurements: 0 });
    });

    it('is nothing when nothing was measured, and no SLI is asked about', async () => {
      expect(await baseline()).toBeUndefined();
      expect(await evidence([])).toEqual({ slis: new Map(), alerts: [], reports: [] });
    });
  });

  describe('the sums of what burns a budget', () => {
    const burns = async (slis: readonly string[] = [SLI]) => {
      const wanted = {
        slis: [],
        history: new Map(),
        baselineWindow: DAY,
        baselines: new Set<string>(),
        reports: 0,
      };
      const windows = [HOUR, 5 * 60_000];
      return (await stores.evidence('support-agent', { ...wanted, burns: { slis, windows } }, NOW)).burns;
    };

    it('are good answers and all answers in each window up to now', async () => {
      await arrive(
        measurement('now', 0.5, NOW, { samples: 10 }),
        measurement('4', 0.9, minutesAgo(4), { samples: 100 }),
        measurement('5', 0.8, minutesAgo(5), { samples: 1000 }),
        measurement('60', 0, minutesAgo(60), { samples: 9 }),
        measurement('future', 0, minutesAgo(-1), { samples: 9 }),
        measurement('other', 0, minutesAgo(1), { samples: 9, service: 'search' }),
      );
      const found = (await burns())?.get(SLI);
      expect(found).toMatchObject({ newest: NOW, withoutSamples: 0 });
      expect(found?.windows.get(HOUR)).toEqual({ weighted: 895, weight: 1110 });
      expect(found?.windows.get(5 * 60_000)).toEqual({ weighted: 95, weight: 110 });
    });

    it('are the same in any order, and with exact repeats', async () => {
      const all = [
        measurement('1', 0.5, minutesAgo(1), { samples: 10 }),
        measurement('2', 0.9, minutesAgo(2), { samples: 100 }),
      ];
      await arrive(...all);
      const once = await burns();
      await emptyDatabase(database);
      await arrive(...all.map((each) => ({ ...each, id: `${each.id} again` })).reverse(), ...all);
      expect(await burns()).toEqual(once);
    });

    it('know what began before the end of the newest resolved incident that was about the same budget', async () => {
      await arrive(
        measurement('10', 0.5, minutesAgo(10), { samples: 10, windowSeconds: 300 }),
        measurement('25', 0.5, minutesAgo(25), { samples: 100, windowSeconds: 600 }),
        measurement('40', 0.5, minutesAgo(40), { samples: 1000 }),
      );
      const about = (id: string, findings: readonly string[], resolved?: number) =>
        bareIncident(id, {
          findings,
          ...(resolved === undefined
            ? {}
            : { phase: 'post_incident' as const, resolvedAt: minutesAgo(resolved) }),
        });
      await stores.save({
        incidents: [
          about('open', [`slo_burn:${SLI}:6x`]),
          about('other', ['slo_burn:availability:6x', `eval_score_drop:${SLI}`, 'x:reports'], 1),
          about('long ago', [`slo_burn:${SLI}:6x`], 61),
        ],
      });
      expect((await burns())?.get(SLI)).not.toHaveProperty('answered');
      await stores.save({
        incidents: [about('a', [`slo_burn:${SLI}:6x`], 30), about('b', ['x', `slo_burn:${SLI}:1x`], 35)],
      });
      const found = (await burns())?.get(SLI);
      // What ended 25 minutes ago began 35 minutes ago.
      expect(found?.answered).toEqual({
        until: minutesAgo(30),
        windows: new Map([
          [HOUR, { weighted: 550, weight: 1100 }],
          [5 * 60_000, { weighted: 0, weight: 0 }],
        ]),
      });
      expect(found?.windows.get(HOUR)).toEqual({ weighted: 555, weight: 1110 });
    });

    it('count apart what carries no sample size, and nothing where nothing was measured', async () => {
      await arrive(measurement('1', 0.5, minutesAgo(1)), measurement('2', 0.5, minutesAgo(30)));
      const found = await burns([SLI, 'availability']);
      expect(found?.get(SLI)).toMatchObject({ withoutSamples: 2 });
      expect(found?.get(SLI)?.windows.get(HOUR)).toEqual({ weighted: 0, weight: 0 });
      expect(found?.has('availability')).toBe(false);
      expect(await evidence()).not.toHaveProperty('burns');
    });
  });

  describe('distributions', () => {
    const distribution = (id: string, at: Date, rest: Partial<Distribution> = {}): Distribution => ({
      type: 'distribution',
      id,
      source: 'evals',
      service: 'support-agent',
      labels: {},
      at,
      of: 'language',
      buckets: { de: 1, en: 9 },
      ...rest,
    });
    const read = async () => {
      const wanted = {
        slis: [],
        history: new Map(),
        baselineWindow: DAY,
        baselines: new Set<string>(),
        reports: 0,
      };
      return (await stores.evidence('support-agent', { ...wanted, distributions: DAY }, NOW)).distributions;
    };

    it('are those of the service in the time asked for, each with whether it lies in an incident', async () => {
      await stores.save({ incidents: [bareIncident('open', { startedAt: minutesAgo(30) })] });
      const summary = { mean: 1, sd: 2, count: 3 };
      const { buckets: _buckets, ...bare } = distribution('summary', minutesAgo(60));
      await arrive(
        distribution('new', minutesAgo(10), { windowSeconds: 600 }),
        { ...bare, summary },
        distribution('old', new Date(NOW.getTime() - DAY)),
        distribution('future', minutesAgo(-1)),
        distribution('other', minutesAgo(1), { service: 'search' }),
      );
      expect(await read()).toEqual([
        {
          of: 'language',
          at: minutesAgo(10),
          buckets: { de: 1, en: 9 },
          windowSeconds: 600,
          inIncident: true,
        },
        { of: 'language', at: minutesAgo(60), summary, inIncident: false },
      ]);
    });

    it('are the newest five hundred, and are not read where no rule asks', async () => {
      await arrive(...Array.from({ length: 510 }, (_, i) => distribution(String(i), minutesAgo(i + 1))));
      expect(await read()).toHaveLength(500);
      expect(await evidence()).not.toHaveProperty('distributions');
    });
  });

  describe('alerts', () => {
    it('are the latest state of each key of each source, by their own time', async () => {
      await arrive(
        alert('1', 'firing', minutesAgo(30)),
        alert('3', 'resolved', minutesAgo(10)),
        alert('2', 'acknowledged', minutesAgo(20)),
        alert('4', 'firing', minutesAgo(40), { key: 'P2', url: 'https://example.com/', trigger: 't' }),
        alert('5', 'firing', minutesAgo(40), { source: 'grafana' }),
        alert('6', 'firing', minutesAgo(5), { service: 'search' }),
      );
      const { alerts } = await evidence();
      expect(alerts.map((each) => `${each.source} ${each.key} ${each.status}`).sort()).toEqual([
        'grafana P1 firing',
        'pagerduty P1 resolved',
        'pagerduty P2 firing',
      ]);
    });

    it('are over when they have not spoken for a week', async () => {
      await arrive(
        alert('1', 'firing', new Date(NOW.getTime() - 7 * DAY - 1)),
        alert('2', 'firing', new Date(NOW.getTime() - 7 * DAY), { key: 'P2' }),
      );
      expect((await evidence()).alerts.map((each) => each.id)).toEqual(['2']);
    });
  });
});
