import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import type { Signal } from '../../src/signals/signal.ts';
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
    stores.evidence('support-agent', { slis, history: new Map(), baselineWindow: window, reports: 0 }, NOW);
  const baseline = async () => (await evidence()).baselines.get(SLI);

  describe('the newest measurement', () => {
    it('is the latest by its own time, not by arrival', async () => {
      await arrive(measurement('new', 0.8, minutesAgo(5), { samples: 40, windowSeconds: 3600 }));
      await arrive(measurement('late', 0.7, minutesAgo(9)));
      expect((await evidence()).latest.get(SLI)).toStrictEqual(
        measurement('new', 0.8, minutesAgo(5), { samples: 40, windowSeconds: 3600 }),
      );
    });

    it('is the last to arrive among those of one moment', async () => {
      await arrive(measurement('b', 0.8, minutesAgo(5)), measurement('a', 0.7, minutesAgo(5)));
      expect((await evidence()).latest.get(SLI)?.id).toBe('a');
    });

    it('is never one of the future, of another service or another type', async () => {
      await arrive(
        measurement('future', 0.1, minutesAgo(-1)),
        measurement('other', 0.2, minutesAgo(1), { service: 'search' }),
        measurement('sli', 0.3, minutesAgo(1), { sli: 'refusal_rate' }),
        example('x', minutesAgo(1)),
      );
      const found = await evidence();
      expect([...found.latest]).toEqual([]);
      expect([...found.baselines]).toEqual([]);
    });

    it('is found for each SLI by itself', async () => {
      await arrive(
        measurement('1', 0.3, minutesAgo(1)),
        measurement('2', 0.4, minutesAgo(2), { sli: 'refusal_rate' }),
      );
      const { latest } = await evidence([SLI, 'refusal_rate', 'hallucination_rate']);
      expect([...latest.values()].map((each) => each.id)).toEqual(['1', '2']);
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
      const { baselines } = await evidence([SLI, 'refusal_rate']);
      expect(baselines.get(SLI)).toMatchObject({ measurements: 2, weighted: 1, weight: 2 });
      expect(baselines.get('refusal_rate')).toBeUndefined();
    });

    it('is nothing when nothing was measured, and no SLI is asked about', async () => {
      expect(await baseline()).toBeUndefined();
      expect(await evidence([])).toEqual({
        latest: new Map(),
        history: new Map(),
        baselines: new Map(),
        alerts: [],
        reports: [],
      });
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

  describe('measurements since a moment', () => {
    it('are those after it, oldest first, the newest five hundred', async () => {
      await arrive(
        ...Array.from({ length: 520 }, (_, i) => measurement(String(i), 0.9, minutesAgo(600 - i))),
      );
      const since = await stores.measurementsSince('support-agent', SLI, minutesAgo(599));
      expect(since).toHaveLength(500);
      expect(since[0]?.id).toBe('20');
      expect(since.at(-1)?.id).toBe('519');
      const few = await stores.measurementsSince('support-agent', SLI, minutesAgo(83));
      expect(few.map((each) => each.id)).toEqual(['518', '519']);
    });
  });
});
