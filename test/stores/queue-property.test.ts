import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createJobQueue } from '../../src/adapters/db/job-queue.ts';
import { createStores } from '../../src/adapters/db/stores.ts';
import type { ClaimedJob } from '../../src/adapters/outbox/ports.ts';
import { createManualClock, SECOND } from '../../src/time.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import { createQueueModel } from './queue-model.ts';
import { NOW } from './samples.ts';

const enqueue = fc.record({
  do: fc.constant('enqueue' as const),
  lane: fc.constantFrom('a', 'b'),
  dueIn: fc.constantFrom(0, 0, 30, 90),
  key: fc.constantFrom(undefined, 'k1', 'k2'),
  coalesce: fc.boolean(),
});
const claim = fc.record({ do: fc.constant('claim' as const), limit: fc.integer({ min: 1, max: 4 }) });
/** Ends one of the tries that were ever claimed, late ones too. */
const end = fc.record({
  do: fc.constant('end' as const),
  nth: fc.nat(3),
  kind: fc.constantFrom('done' as const, 'retry' as const, 'dead' as const),
  retryIn: fc.constantFrom(1, 20, 120),
});
const advance = fc.record({ do: fc.constant('advance' as const), seconds: fc.constantFrom(1, 30, 60, 120) });
const expire = fc.record({ do: fc.constant('expire' as const) });
const action = fc.oneof(
  { weight: 4, arbitrary: enqueue },
  { weight: 4, arbitrary: claim },
  { weight: 4, arbitrary: end },
  { weight: 2, arbitrary: advance },
  { weight: 1, arbitrary: expire },
);
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

describeOnBoth('the job queue, whatever happens to it', (open) => {
  let database: Database;
  beforeAll(async () => {
    database = (await open()).database;
  });

  it('does what the model does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 8, maxLength: 30 }), async (actions) => {
        await emptyDatabase(database);
        await expectSame(actions);
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  async function expectSame(actions: readonly Action[]): Promise<void> {
    const clock = createManualClock(NOW);
    const now = () => clock.now().getTime();
    const queue = createJobQueue(database);
    const stores = createStores(database, clock, () => {});
    const model = createQueueModel();
    const tries: ClaimedJob[] = [];
    let n = 0;
    for (const each of actions) {
      switch (each.do) {
        case 'enqueue': {
          const { lane, coalesce, key } = each;
          const due = now() + each.dueIn * SECOND;
          model.enqueue({ n: ++n, lane, coalesce, key, due });
          const named = key === undefined ? {} : { key };
          await stores.enqueue({ kind: 'k', lane, coalesce, ...named, dueAt: new Date(due), payload: { n } });
          break;
        }
        case 'claim': {
          const claimed = await queue.claim(clock.now(), each.limit, 20);
          const found = claimed.map((job) => ({ n: job.payload.n, attempt: job.attempt }));
          const expected = model.claim(now(), each.limit).sort((a, b) => a.n - b.n);
          expect(found).toEqual(expected);
          tries.push(...claimed);
          break;
        }
        case 'end': {
          const tried = tries.at(-1 - each.nth);
          if (tried === undefined) break;
          const retryAt = now() + each.retryIn * SECOND;
          const ends = {
            done: { kind: 'done' },
            retry: { kind: 'retry', error: 'x', at: new Date(retryAt) },
            dead: { kind: 'dead', error: 'x' },
          } as const;
          const ended = await queue.end(tried, ends[each.kind], clock.now());
          const modelTry = { n: Number(tried.payload.n), attempt: tried.attempt };
          expect(ended).toBe(model.end(modelTry, each.kind, now(), retryAt));
          break;
        }
        case 'advance':
          clock.advance(each.seconds * SECOND);
          break;
        case 'expire':
          model.expireLeases();
          // The oldest job first, as in the model.
          await database.orm.execute(
            sql`update jobs set lease_until = to_timestamp(id) where state = 'running'`,
          );
          break;
      }
    }
    const rows = await database.rows(sql`select payload->'n' as n, state, attempts from jobs order by id`);
    expect(rows).toEqual(model.states());
  }
});
