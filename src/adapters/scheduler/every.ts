/** Runs something again and again. @returns what ends it; it resolves when a run under way is over. */
export type Every = (ms: number, run: () => Promise<void>) => () => Promise<void>;

/** {@link Every} in real time. A run that takes longer than `ms` is not overtaken by the next. `run` must not throw. */
export const everyRealTime: Every = (ms, run) => {
  let underWay: Promise<void> | undefined;
  const timer = setInterval(() => {
    underWay ??= run().finally(() => {
      underWay = undefined;
    });
  }, ms);
  return async () => {
    clearInterval(timer);
    await underWay;
  };
};
