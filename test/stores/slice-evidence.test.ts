import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import type { Measurement, Signal } from '../../src/signals/signal.ts';
import { createManualClock, DAY, HOUR, MINUTE } from '../../src/time.ts';
import type { Slice } from '../../src/triggers/slice.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { bareIncident, measurement, minutesAgo, NOW } from './samples.ts';

const SLI = 'task_completion_rate';

describeOnBoth('slice evidence', (open) => {
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
  const read = async (labels: readonly string[] | undefined, history = new Map<string, number>()) => {
    const slis = [SLI, 'refusal_rate'];
    const wanted = { slis, history, baselineWindow: DAY, baselines: new Set(slis), reports: 0 };
    const asked = labels === undefined ? wanted : { ...wanted, slices: labels };
    return (await stores.evidence('support-agent', asked, NOW)).slices;
  };
  const names = async (...labels: string[]) =>
    (await read(labels))?.watched.map(({ sli, slice }) => `${sli} ${slice.label}=${slice.value}`);
  const series = async (value: string, history?: Map<string, number>) =>
    (await read(['language'], history))?.watched.find(({ slice }) => slice.value === value);
  let next = 0;
  const of = (language: string, value: number, at: Date, rest: Partial<Measurement> = {}) =>
    measurement(`m${next++}`, value, at, { labels: { language }, ...rest });

  it('are the values of the asked labels, of each SLI by itself, the newest first', async () => {
    await arrive(
      of('en', 0.9, minutesAgo(3)),
      of('de', 0.7, minutesAgo(2), { labels: { language: 'de', model_version: 'v42', other: 'x' } }),
      of('de', 0.1, minutesAgo(2), { sli: 'refusal_rate' }),
      of('', 0.5, minutesAgo(1)),
      measurement('without', 0.5, minutesAgo(1)),
      of('fr', 0.5, minutesAgo(1), { service: 'search' }),
      of('it', 0.5, minutesAgo(-1)),
    );
    expect(await names('language', 'model_version')).toEqual([
      'refusal_rate language=de',
      `${SLI} language=de`,
      `${SLI} language=en`,
      `${SLI} model_version=v42`,
    ]);
  });

  it('are not read where the service asks for none (control)', async () => {
    await arrive(of('de', 0.7, minutesAgo(2)));
    expect(await read(undefined)).toBeUndefined();
  });

  it('are those measured lately: within two hours, or three of their windows', async () => {
    await arrive(
      of('gone', 0.9, minutesAgo(121)),
      of('kept', 0.9, minutesAgo(120)),
      of('daily', 0.9, new Date(NOW.getTime() - 3 * DAY), { windowSeconds: DAY / 1000 }),
      of('daily before', 0.9, new Date(NOW.getTime() - 3 * DAY - 1), { windowSeconds: DAY / 1000 }),
    );
    expect(await names('language')).toEqual([`${SLI} language=kept`, `${SLI} language=daily`]);
    expect((await series('daily'))?.checks).toHaveLength(1);
  });

  it('have checks of their own, by the times of the measurements, however late and often they arrive', async () => {
    const all = [
      of('de', 0.9, minutesAgo(30), { samples: 10 }),
      of('de', 0.8, minutesAgo(20), { samples: 10 }),
      of('en', 0.99, minutesAgo(15), { samples: 500 }),
      of('de', 0.7, minutesAgo(10), { samples: 10, windowSeconds: 60 }),
    ];
    await arrive(...all);
    const once = await series('de');
    expect(once?.checks).toEqual([
      { value: 0.9, samples: 10, at: minutesAgo(30), inIncident: false },
      { value: 0.8, samples: 10, at: minutesAgo(20), inIncident: false },
      { value: 0.7, samples: 10, at: minutesAgo(10), windowSeconds: 60, inIncident: false },
    ]);
    await emptyDatabase(database);
    for (const each of [...all].reverse()) await arrive(each, { ...each, id: `${each.id} again` });
    expect(await series('de')).toEqual(once);
  });

  it('are judged by thirty moments and what lies before them, or by the time their SLI is watched over', async () => {
    await arrive(
      ...Array.from({ length: 40 }, (_, i) => of('de', i / 100, minutesAgo(40 - i), { samples: 10 })),
      ...Array.from({ length: 40 }, (_, i) => of('en', 1, minutesAgo(40 - i), { samples: 10 })),
    );
    const known = await series('de');
    expect(known?.checks).toHaveLength(30);
    expect(known?.checks[0]?.value).toBe(0.1);
    expect(known?.before).toMatchObject({ measurements: 10, weight: 100 });
    expect(known?.before.weighted).toBeCloseTo(4.5, 9);
    const watched = await series('de', new Map([[SLI, 5 * MINUTE]]));
    expect(watched?.checks.map(({ value }) => value)).toEqual([0.35, 0.36, 0.37, 0.38, 0.39]);
    expect(watched?.before).toMatchObject({ measurements: 34 });
  });

  it('leave the times of incidents out of their baseline', async () => {
    const hours = (n: number) => new Date(NOW.getTime() - n * HOUR);
    await stores.save({
      incidents: [
        bareIncident('over', { startedAt: hours(10), resolvedAt: hours(8), phase: 'closed' }),
        bareIncident('cancelled', { startedAt: hours(6), phase: 'cancelled', closedAt: hours(5) }),
      ],
    });
    await arrive(
      ...[25, 12, 10, 9, 8, 7, 5.5].map((n) => of('de', n / 100, hours(n))),
      ...Array.from({ length: 30 }, (_, i) => of('de', 0.9, minutesAgo(i + 1))),
    );
    const before = (await series('de'))?.before;
    expect(before).toMatchObject({ measurements: 3, weight: 3 });
    expect(before?.weighted).toBeCloseTo(0.12 + 0.07 + 0.055, 9);
  });

  it('are twenty of a label at most, those measured last, and how many more there are', async () => {
    await arrive(
      ...Array.from({ length: 25 }, (_, i) => of(`user-${i}`, 0.9, minutesAgo(i + 1))),
      ...['b', 'a'].map((name) => of(name, 0.9, minutesAgo(20))),
      ...['v1', 'v2'].map((version) => of('x', 0.9, minutesAgo(119), { labels: { version } })),
      of('gone', 0.9, minutesAgo(130)),
    );
    const found = await read(['language', 'version']);
    const languages = found?.watched.flatMap(({ slice }) => (slice.label === 'language' ? slice.value : []));
    // Of the three of one moment the first by name.
    expect(languages).toEqual([...Array.from({ length: 19 }, (_, i) => `user-${i}`), 'a']);
    expect(found?.watched.filter(({ slice }) => slice.label === 'version')).toHaveLength(2);
    expect(found?.unwatched).toEqual([{ sli: SLI, label: 'language', values: 7 }]);
  });

  it('stay bounded in a flood of values', async () => {
    await arrive(...Array.from({ length: 4000 }, (_, i) => of(`u${i}`, 0.9, new Date(NOW.getTime() - i))));
    const found = await read(['language']);
    expect(found?.watched).toHaveLength(20);
    expect(found?.unwatched).toEqual([{ sli: SLI, label: 'language', values: 3000 - 20 }]);
  });

  it('prove a recovery by their own measurements', async () => {
    await arrive(of('de', 0.7, minutesAgo(3)), of('en', 0.9, minutesAgo(2)), of('de', 0.8, minutesAgo(1)));
    const since = (slice?: Slice) => stores.checksSince('support-agent', SLI, minutesAgo(5), slice);
    const german = await since({ label: 'language', value: 'de' });
    expect(german.checks.map(({ value }) => value)).toEqual([0.7, 0.8]);
    expect((await since()).checks).toHaveLength(3);
  });
});
