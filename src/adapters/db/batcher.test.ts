import { describe, expect, it } from 'vitest';
import { createBatcher } from './batcher.ts';

/** A database that commits when told to; `batches` are what it was asked to write together. */
function slowDatabase(refuses: (item: number) => boolean = () => false) {
  const batches: number[][] = [];
  const commits: (() => void)[] = [];
  const write = async (items: readonly number[]): Promise<readonly string[]> => {
    batches.push([...items]);
    await new Promise<void>((resolve) => commits.push(resolve));
    if (items.some(refuses)) throw new Error(`refused ${items.join()}`);
    return items.map((item) => `wrote ${item}`);
  };
  const commit = async (): Promise<void> => {
    for (const each of commits.splice(0)) each();
    await turn();
  };
  return { batches, write, commit };
}

/** Every continuation of what was asked for or committed has run before the next turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const limits = { weigh: () => 1, most: 100 };

describe('a batcher', () => {
  it('does an item at once, and what comes meanwhile together', async () => {
    const { batches, write, commit } = slowDatabase();
    const put = createBatcher(write, limits);
    const answers = [put(1)];
    await turn();
    expect(batches).toEqual([[1]]);
    answers.push(put(2));
    await turn();
    answers.push(put(3));
    await commit();
    expect(batches).toEqual([[1], [2, 3]]);
    await commit();
    expect(await Promise.all(answers)).toEqual(['wrote 1', 'wrote 2', 'wrote 3']);
  });

  it('has as many batches under way as it may, and joins what comes beyond that', async () => {
    const { batches, write, commit } = slowDatabase();
    const put = createBatcher(write, { most: 100, atOnce: 2 });
    const answers: Promise<string>[] = [];
    for (const item of [1, 2, 3, 4]) {
      answers.push(put(item), put(item * 10));
      await turn();
    }
    expect(batches).toEqual([
      [1, 10],
      [2, 20],
    ]);
    await commit();
    expect(batches).toHaveLength(3);
    expect(batches[2]).toEqual([3, 30, 4, 40]);
    await commit();
    answers.push(put(5));
    await turn();
    await commit();
    expect(await Promise.all(answers)).toHaveLength(9);
    expect(batches).toHaveLength(4);
  });

  it('does together what is asked for in one turn', async () => {
    const { batches, write, commit } = slowDatabase();
    const put = createBatcher(write, limits);
    const answers = [1, 2, 3].map((item) => put(item));
    await turn();
    expect(batches).toEqual([[1, 2, 3]]);
    await commit();
    expect(await Promise.all(answers)).toEqual(['wrote 1', 'wrote 2', 'wrote 3']);
  });

  it('answers nobody before the commit', async () => {
    const { write, commit } = slowDatabase();
    let answered = false;
    const answer = createBatcher(
      write,
      limits,
    )(1).then(() => {
      answered = true;
    });
    await turn();
    expect(answered).toBe(false);
    await commit();
    await answer;
    expect(answered).toBe(true);
  });

  it('writes a batch that failed item by item: the fault of one fails no other', async () => {
    const { batches, write, commit } = slowDatabase((item) => item === 3);
    const put = createBatcher(write, limits);
    const answers = Promise.allSettled([1, 2, 3, 4].map((item) => put(item)));
    await turn();
    for (let commits = 0; commits < 5; commits++) await commit();
    expect(batches).toEqual([[1, 2, 3, 4], [1], [2], [3], [4]]);
    expect(await answers).toMatchObject([
      { value: 'wrote 1' },
      { value: 'wrote 2' },
      { reason: new Error('refused 3') },
      { value: 'wrote 4' },
    ]);
  });

  it.each([
    ['at once', [[1, 2, 3]], 'connect ECONNREFUSED'],
    ['after one that got no answer', [[1, 2, 3], [1]], 'Connection terminated unexpectedly'],
  ])('lets nobody wait in turn for a database that cannot be reached: %s', async (_when, tried, words) => {
    const batches: (readonly number[])[] = [];
    const put = createBatcher(async (items: readonly number[]): Promise<readonly string[]> => {
      batches.push(items);
      const isLast = batches.length === tried.length;
      throw new Error('Failed query', {
        cause: isLast
          ? Object.assign(new Error(words), { code: words.split(' ')[1] })
          : new Error('Query read timeout'),
      });
    }, limits);
    const answers = await Promise.allSettled([1, 2, 3].map((item) => put(item)));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(batches).toEqual(tried);
  });

  it('begins as many batches as it may when more waits than one holds', async () => {
    const { batches, write, commit } = slowDatabase();
    const put = createBatcher(write, { most: 2, atOnce: 2 });
    const answers = Promise.all([1, 2, 3, 4, 5].map((item) => put(item)));
    await turn();
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ]);
    await commit();
    expect(batches).toHaveLength(3);
    await commit();
    expect(await answers).toHaveLength(5);
  });

  it('goes on after a failure', async () => {
    const { write, commit } = slowDatabase((item) => item === 1);
    const put = createBatcher(write, limits);
    const first = Promise.allSettled([put(1)]);
    await turn();
    await commit();
    expect(await first).toMatchObject([{ status: 'rejected' }]);
    const second = put(2);
    await turn();
    await commit();
    expect(await second).toBe('wrote 2');
  });

  it('holds a batch within its limit, but never an item back for its own weight', async () => {
    const { batches, write, commit } = slowDatabase();
    const put = createBatcher(write, { weigh: (item) => item, most: 10 });
    const answers = Promise.all([1, 6, 4, 1, 50, 2].map((item) => put(item)));
    await turn();
    for (let commits = 0; commits < 4; commits++) await commit();
    expect(batches).toEqual([[1, 6], [4, 1], [50], [2]]);
    await answers;
  });
});
