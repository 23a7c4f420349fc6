import { isUnreachable } from './when-away.ts';

/** Does one item together with others; resolves or fails as if it had been done alone. */
export type Batcher<Item, Result> = (item: Item) => Promise<Result>;

/**
 * Joins statements into batches (group commit, and the same for reads): what is asked for in one turn, or while as many
 * batches as may be are under way, makes the next one. There is no timer, so an item that comes alone is done at once. A
 * batch that fails is done again item by item, so that the fault of one never fails another; while the database can't be
 * reached that is nobody's fault, and nobody waits for it in turn.
 *
 * @param work does a batch, begun after all of it was asked for, and answers in its order; a write is one transaction.
 * @param limits `weigh` an item (default: 1); a batch holds `most` at most, or a single item; `atOnce` batches (default: 1)
 *   are under way at most.
 */
export function createBatcher<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  limits: { readonly weigh?: (item: Item) => number; readonly most: number; readonly atOnce?: number },
): Batcher<Item, Result> {
  interface Waiting {
    readonly item: Item;
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  }
  const { weigh = () => 1, most, atOnce = 1 } = limits;
  const waiting: Waiting[] = [];
  let working = 0;

  /** The items at the head that fit into one batch. */
  function takeBatch(): Waiting[] {
    let weight = 0;
    const tooMany = waiting.findIndex(({ item }) => {
      weight += weigh(item);
      return weight > most;
    });
    return waiting.splice(0, tooMany === -1 ? waiting.length : Math.max(1, tooMany));
  }

  async function resultsOf(batch: readonly Waiting[]): Promise<readonly Result[]> {
    const results = await work(batch.map(({ item }) => item));
    if (results.length !== batch.length) throw new TypeError('a batch was answered with another length');
    return results;
  }

  /** Does a batch, and answers with what tells those who asked for it. */
  async function doTogether(batch: readonly Waiting[]): Promise<() => void> {
    try {
      const results = await resultsOf(batch);
      return () => {
        for (const [index, result] of results.entries()) batch[index]?.resolve(result);
      };
    } catch (error) {
      if (batch.length > 1 && !isUnreachable(error)) await doOneByOne(batch);
      else for (const { reject } of batch) reject(error);
      return () => {};
    }
  }

  /** One after another: all at once they would take every connection there is. */
  async function doOneByOne(batch: readonly Waiting[]): Promise<void> {
    for (const [index, each] of batch.entries()) {
      try {
        for (const result of await resultsOf([each])) each.resolve(result);
      } catch (error) {
        const isAway = isUnreachable(error);
        for (const { reject } of isAway ? batch.slice(index) : [each]) reject(error);
        if (isAway) return;
      }
    }
  }

  async function doAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = takeBatch();
      if (waiting.length > 0) begin();
      const tell = await doTogether(batch);
      // The database begins with what waits before this process goes on with what is done.
      if (waiting.length > 0) setImmediate(tell);
      else tell();
    }
    working -= 1;
  }

  function begin(): void {
    if (working >= atOnce) return;
    working += 1;
    queueMicrotask(() => void doAll());
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (waiting.length === 1) begin();
    });
}
