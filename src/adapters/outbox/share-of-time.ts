/** How much of the time something is under way, however many at once. `now`: milliseconds of real time. */
export function createShareOfTime(now: () => number = () => performance.now()) {
  let underWay = 0;
  let began = 0;
  let askedAt = now();
  let taken = 0;
  return {
    /** Counts the time that this takes. */
    async during<T>(work: () => Promise<T>): Promise<T> {
      if (underWay === 0) began = now();
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
        if (underWay === 0) taken += now() - began;
      }
    },
    /** From 0 to 1, since it was asked last. */
    share(): number {
      const at = now();
      const all = taken + (underWay === 0 ? 0 : at - began);
      const share = at === askedAt ? 0 : all / (at - askedAt);
      [taken, began, askedAt] = [0, at, at];
      return share;
    },
  };
}
