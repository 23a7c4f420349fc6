import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What the bot's process tells of itself when it is asked: bytes after a collection, and delay since the last answer. */
export interface ProcessFigures {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  /** Seconds of processor time since it began. */
  readonly cpu: number;
  /** Milliseconds that timers came late, 99th percentile. */
  readonly loopDelayP99: number;
}

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
// Loaded into the bot before anything else; the channel must not keep it from ending.
process.on('message', () => {
  const loopDelayP99 = delay.percentile(99) / 1e6 - 10;
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const cpu = (user + system) / 1e6;
  process.send?.({ rss, heapUsed, external, cpu, loopDelayP99 } satisfies ProcessFigures);
  delay.reset();
});
// Whoever started the bot is gone: so is the reason for it.
process.on('disconnect', () => process.exit());
process.channel?.unref();
