import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { serviceFile } from '../../src/catalogue/service-file.ts';
import { changePhase } from '../../src/incidents/change-phase.ts';
import { respondToSignals } from '../../src/incidents/respond-to-signals.ts';
import { playbookFile } from '../../src/runbooks/schema.ts';
import { createManualClock, HOUR, MINUTE } from '../../src/time.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { measurement, NOW } from './samples.ts';

const playbook = playbookFile.parse(parse(readFileSync('runbooks/playbook.yaml', 'utf8')));
const { slo_burn } = playbook.triggers;
if (slo_burn === undefined) throw new Error('the playbook has no slo_burn');
const burning = { slo_burn };
const service = serviceFile.parse({
  service: 'support-agent',
  tier: 1,
  owners: { team: 'ml' },
  declare: 'auto',
  slos: { availability: { dimension: 'performance', at_least: '99.9%' } },
});

/** Ten minutes of a quiet service. */
const STEP = 10 * MINUTE;
const ANSWERS = 20;
/** An hour in which nothing is answered, resolved ten minutes after its end. */
const OUTAGE = { from: 0, until: HOUR, resolved: HOUR + STEP };
const DAYS = 3;

describeOnBoth('the budget that an outage burned, after its incident was resolved', (open) => {
  let database: Database;
  beforeAll(async () => {
    database = (await open()).database;
  });
  beforeEach(() => emptyDatabase(database));

  /**
   * Plays the outage and three days after it, looked at every ten minutes for two hours and then every hour.
   *
   * @param badAfter how many of the twenty answers that end at this moment are bad.
   * @returns what was declared or asked about, in minutes since the outage began, but for the incident itself.
   */
  async function play(
    badAfter: (at: number) => number,
    resolves: 'resolves' | 'cancels' = 'resolves',
    about = 'availability',
  ) {
    const clock = createManualClock(NOW);
    const stores = createStores(database, clock, () => {});
    const deliveries = createDeliveryStore(database, () => {});
    let ids = 0;
    const newId = (prefix: string): string => `${prefix}_${++ids}`;
    const deps = {
      store: stores,
      services: { get: () => service, all: () => [service] },
      playbook: { ...playbook, triggers: burning },
      clock,
      newId,
      followUps: () => [],
    };
    const arrive = async (id: string, moments: readonly number[]) => {
      const signals = moments.map((at) => {
        const isOut = at > OUTAGE.from && at <= OUTAGE.until;
        const bad = isOut ? ANSWERS : at > OUTAGE.until ? badAfter(at) : 0;
        return measurement(`m${at}`, 1 - bad / ANSWERS, new Date(NOW.getTime() + at), {
          sli: 'availability',
          samples: ANSWERS,
          windowSeconds: STEP / 1000,
        });
      });
      await deliveries.storeDelivery({ source: 'signals', id, receivedAt: clock.now() }, signals, []);
    };
    await arrive(
      'before',
      Array.from({ length: (DAYS * 24 * HOUR) / STEP }, (_, index) => -index * STEP),
    );
    const seen = new Set<string>();
    const asked: number[] = [];
    let first: string | undefined;
    let waiting: number[] = [];
    for (let at = STEP; at <= DAYS * 24 * HOUR; at += STEP) {
      waiting.push(at);
      if (at > 2 * HOUR && at % HOUR !== 0) continue;
      clock.set(new Date(NOW.getTime() + at));
      await arrive(`d${at}`, waiting);
      waiting = [];
      await respondToSignals(deps, 'support-agent');
      for (const each of Object.values((await stores.watch('support-agent')).findings)) {
        const id = each.incidentId ?? each.proposalId;
        if (id === undefined || seen.has(id)) continue;
        seen.add(id);
        if (first === undefined) first = each.incidentId;
        else asked.push(at / MINUTE);
      }
      if (at !== OUTAGE.resolved || first === undefined) continue;
      if (about !== 'availability') {
        const incident = await stores.incident(first);
        if (incident !== undefined)
          await stores.save({ incidents: [{ ...incident, findings: [`slo_burn:${about}:1x`] }] });
      }
      const type = resolves === 'resolves' ? 'resolve' : 'cancel';
      await changePhase(deps, { incidentId: first, by: 'U1', event: { type } });
    }
    expect(first).toBeDefined();
    return asked;
  }

  /** Within the SLO: 7 of 10,000. */
  const failsTwiceADay = (at: number): number => (at % (12 * HOUR) === 0 ? 1 : 0);
  const MINUTES_IN_DAY = 24 * 60;

  it('is not asked about again in three days, hour by hour', async () => {
    expect(await play(() => 0)).toEqual([]);
  });

  it('nor when one answer fails now and then', async () => {
    expect(await play(failsTwiceADay)).toEqual([]);
  });

  it('is where new answers are bad: as soon as the pairs of windows would find it anew', async () => {
    const day = 24 * HOUR;
    const [again] = await play((at) => (at > day && at <= day + HOUR ? ANSWERS : 0));
    expect(again).toBeGreaterThan(MINUTES_IN_DAY);
    expect(again).toBeLessThanOrEqual(MINUTES_IN_DAY + 60);
  });

  it('is where it goes on as it was', async () => {
    const [again] = await play(() => ANSWERS);
    // Who resolves it has seen that it still fires: an hour later it is asked about, at the look that follows.
    expect(again).toBe(3 * 60);
  });

  it('would be asked about again if the incident were cancelled, or had been about something else (control)', async () => {
    expect(await play(failsTwiceADay, 'cancels')).not.toEqual([]);
    await emptyDatabase(database);
    expect(await play(failsTwiceADay, 'resolves', 'latency')).not.toEqual([]);
  });
});
