/** Runs `ring` after so many milliseconds of real time; of several times the first counts. */
export function createAlarm(ring: () => void) {
  let set: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  const clear = (): void => {
    clearTimeout(set?.timer);
    set = undefined;
  };
  return {
    clear,
    set(ms: number): void {
      const at = performance.now() + ms;
      if (set !== undefined && set.at <= at) return;
      clear();
      const timer = setTimeout(() => {
        set = undefined;
        ring();
      }, Math.ceil(ms));
      set = { at, timer };
    },
  };
}
