import { expect, test } from 'vitest';
import { createShareOfTime } from './share-of-time.ts';

/** Something under way, and how to end it. */
function begin(during: ReturnType<typeof createShareOfTime>['during']) {
  let end = (_error?: Error): void => {};
  const work = during(
    () =>
      new Promise<void>((resolve, reject) => {
        end = (error) => (error === undefined ? resolve() : reject(error));
      }),
  );
  return { work, end: (error?: Error) => end(error) };
}

test('what is under way at the same time counts once, and only since it was asked last', async () => {
  let time = 0;
  const { during, share } = createShareOfTime(() => time);
  const [first, second] = [begin(during), begin(during)];
  time = 10;
  first.end();
  await first.work;
  time = 30;
  second.end();
  await second.work;
  time = 40;
  expect(share()).toBe(0.75);
  time = 50;
  expect(share()).toBe(0);
});

test('what is not over yet counts on both sides of the question, and what fails as well', async () => {
  let time = 0;
  const { during, share } = createShareOfTime(() => time);
  time = 5;
  const { work, end } = begin(during);
  time = 10;
  expect(share()).toBe(0.5);
  time = 12;
  end(new Error('lost'));
  await expect(work).rejects.toThrow('lost');
  time = 20;
  expect(share()).toBe(0.2);
});

test('no time is no share', () => {
  expect(createShareOfTime(() => 7).share()).toBe(0);
});
