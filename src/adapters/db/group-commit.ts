/** Writes one item together with others; resolves or fails as if it had been written alone. */
export type GroupCommit<Item, Result> = (item: Item) => Promise<Result>;

/**
 * Joins writes into batches: what arrives while a batch is being written makes the next one. There is no timer, so an
 * item that arrives alone is written at once. A batch that fails is written again item by item, so that the
 * fault of one never fails another.
 *
 * @param write writes a batch as one transaction and answers in its order.
 * @param limits `weigh` an item; a batch holds `most` at most, or a single item.
 */
export function createGroupCommit<Item, Result>(
  write: (items: readonly Item[]) => Promise<readonly Result[]>,
  limits: { readonly weigh: (item: Item) => number; readonly most: number },
): GroupCommit<Item, Result> {
  interface Waiting {
    readonly item: Item;
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  }
  const waiting: Waiting[] = [];
  let writing = false;

  /** The items at the head that fit into one batch. */
  function takeBatch(): Waiting[] {
    let weight = 0;
    const tooMany = waiting.findIndex(({ item }) => {
      weight += limits.weigh(item);
      return weight > limits.most;
    });
    return waiting.splice(0, tooMany === -1 ? waiting.length : Math.max(1, tooMany));
  }

  async function writeTogether(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await write(batch.map(({ item }) => item));
      if (results.length !== batch.length) throw new TypeError('a batch was answered with another length');
      for (const [index, result] of results.entries()) batch[index]?.resolve(result);
    } catch (error) {
      const [alone] = batch;
      if (batch.length === 1) alone?.reject(error);
      else await Promise.all(batch.map((each) => writeTogether([each])));
    }
  }

  async function writeAll(): Promise<void> {
    writing = true;
    while (waiting.length > 0) await writeTogether(takeBatch());
    writing = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!writing) void writeAll();
    });
}
