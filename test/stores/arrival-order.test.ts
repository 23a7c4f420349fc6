import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import { serviceFile } from '../../src/catalogue/service-file.ts';
import { evidenceWanted } from '../../src/incidents/evidence-wanted.ts';
import { playbookFile } from '../../src/runbooks/schema.ts';
import type { Measurement } from '../../src/signals/signal.ts';
import { createManualClock } from '../../src/time.ts';
import { evaluateTrigger } from '../../src/triggers/evaluate-trigger.ts';
import { rulesOf } from '../../src/triggers/overrides.ts';
import type { Finding } from '../../src/triggers/trigger.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { measurement, minutesAgo, NOW } from './samples.ts';

const playbook = playbookFile.parse(parse(readFileSync('runbooks/playbook.yaml', 'utf8')));
const service = serviceFile.parse({
  service: 'support-agent',
  tier: 1,
  owners: { team: 'ml' },
  slos: { availability: { dimension: 'performance', at_least: '99%' } },
  baseline: { pinned: { task_completion_rate: '95%' } },
});
const rules = rulesOf(playbook, service);

interface Sample {
  readonly sli: string;
  readonly minutes: number;
  readonly percent: number;
  readonly samples: number;
}

/** Some well, some bad, several of one moment. */
const history = fc.array(
  fc.record({
    sli: fc.constantFrom('availability', 'task_completion_rate'),
    minutes: fc.constantFrom(1, 2, 3, 20, 40, 200, 1000),
    percent: fc.constantFrom(60, 70, 83, 91, 95, 97, 100),
    samples: fc.constantFrom(30, 70, 110),
  }),
  { minLength: 1, maxLength: 20 },
);

describeOnBoth('any order and number of arrivals', (open) => {
  let database: Database;
  beforeAll(async () => {
    database = (await open()).database;
  });

  /** What the shipped rules find when these arrive one delivery after another, each with an id of its own. */
  async function found(arrivals: readonly Sample[]): Promise<readonly Finding[]> {
    await emptyDatabase(database);
    const deliveries = createDeliveryStore(database, () => {});
    for (const [index, { sli, minutes, percent, samples }] of arrivals.entries()) {
      const signal: Measurement = measurement(`m${index}`, percent / 100, minutesAgo(minutes), {
        sli,
        samples,
      });
      await deliveries.storeDelivery({ source: 'signals', id: `d${index}`, receivedAt: NOW }, [signal], []);
    }
    const wanted = evidenceWanted(Object.values(rules), service);
    const stores = createStores(database, createManualClock(NOW), () => {});
    const evidence = await stores.evidence(service.service, wanted, NOW);
    return ['slo_burn', 'eval_score_drop'].flatMap((name) => {
      const rule = rules[name];
      if (rule === undefined) throw new Error(`no trigger ${name}`);
      return evaluateTrigger(name, rule, service, evidence, new Map(), NOW);
    });
  }

  it('give the findings of the in-order one, of budgets that burn as well', { timeout: 60_000 }, async () => {
    const states = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        history.chain((samples) =>
          fc.tuple(
            fc.constant(samples),
            fc.shuffledSubarray([...samples, ...samples], { minLength: samples.length * 2 }),
          ),
        ),
        async ([samples, shuffled]) => {
          const inOrder = await found([...samples].sort((a, b) => b.minutes - a.minutes));
          for (const { trigger, state } of inOrder) states.add(`${trigger} ${state}`);
          expect(await found(shuffled)).toEqual(inOrder);
        },
      ),
      { numRuns: 25, seed: 20261121 },
    );
    expect([...states]).toEqual(
      expect.arrayContaining([
        'slo_burn firing',
        'slo_burn healthy',
        'eval_score_drop firing',
        'eval_score_drop healthy',
      ]),
    );
  });

  describe('what is no repeat', () => {
    const once: readonly Sample[] = [
      { sli: 'availability', minutes: 2, percent: 70, samples: 70 },
      { sli: 'availability', minutes: 40, percent: 95, samples: 70 },
    ];
    it.each([
      ['another value', { sli: 'availability', minutes: 2, percent: 83, samples: 70 }],
      ['another moment', { sli: 'availability', minutes: 3, percent: 70, samples: 70 }],
      ['another sample', { sli: 'availability', minutes: 2, percent: 70, samples: 30 }],
    ])('counts (control): %s', async (_what, other) => {
      expect(await found([...once, other])).not.toEqual(await found(once));
    });
  });
});
