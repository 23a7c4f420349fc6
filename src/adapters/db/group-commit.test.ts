import { describe, expect, it } from 'vitest';
import { createGroupCommit } from './group-commit.ts';

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
    // Every continuation of what was committed has run before the next turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { batches, write, commit };
}

const limits = { weigh: () => 1, most: 100 };

describe('group commit', () => {
  it('writes an item at once, and what comes meanwhile together', async () => {
    const { batches, write, commit } = slowDatabase();
    const put = createGroupCommit(write, limits);
    const answers = [1, 2, 3].map((item) => put(item));
    expect(batches).toEqual([[1]]);
    await commit();
    expect(batches).toEqual([[1], [2, 3]]);
    await commit();
    expect(await Promise.all(answers)).toEqual(['wrote 1', 'wrote 2', 'wrote 3']);
  });

  it('answers nobody before the commit', async () => {
    const { write, commit } = slowDatabase();
    let answered = false;
    const answer = createGroupCommit(
      write,
      limits,
    )(1).then(() => {
      answered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    await commit();
    await answer;
    expect(answered).toBe(true);
  });

  it('writes a batch that failed item by item: the fault of one fails no other', async () => {
    const { batches, write, commit } = slowDatabase((item) => item === 3);
    const put = createGroupCommit(write, limits);
    const answers = Promise.allSettled([1, 2, 3, 4].map((item) => put(item)));
    for (let turn = 0; turn < 3; turn++) await commit();
    expect(batches).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
    expect(await answers).toMatchObject([
      { value: 'wrote 1' },
      { value: 'wrote 2' },
      { reason: new Error('refused 3') },
      { value: 'wrote 4' },
    ]);
  });

  it('goes on after a failure', async () => {
    const { write, commit } = slowDatabase((item) => item === 1);
    const put = createGroupCommit(write, limits);
    const first = Promise.allSettled([put(1)]);
    await commit();
    expect(await first).toMatchObject([{ status: 'rejected' }]);
    const second = put(2);
    await commit();
    expect(await second).toBe('wrote 2');
  });

  it('holds a batch within its limit, but never an item back for its own weight', async () => {
    const { batches, write, commit } = slowDatabase();
    const put = createGroupCommit(write, { weigh: (item) => item, most: 10 });
    const answers = Promise.all([1, 6, 4, 1, 50, 2].map((item) => put(item)));
    for (let turn = 0; turn < 5; turn++) await commit();
    expect(batches).toEqual([[1], [6, 4], [1], [50], [2]]);
    await answers;
  });
});
