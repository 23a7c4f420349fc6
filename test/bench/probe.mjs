import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapCodeStatistics } from 'node:v8';

// Loaded into the bot before anything else, without a loader for TypeScript: the bot runs as it is installed.
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
process.on('message', () => {
  const loopDelayP99 = delay.percentile(99) / 1e6 - 10;
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const { code_and_metadata_size: machine, bytecode_and_metadata_size: bytes } = getHeapCodeStatistics();
  process.send?.({
    rss,
    heapUsed,
    external,
    code: machine + bytes,
    cpu: (user + system) / 1e6,
    loopDelayP99,
  });
  delay.reset();
});
// Whoever started the bot is gone: so is the reason for it.
process.on('disconnect', () => process.exit());
// The channel must not keep it from ending.
process.channel?.unref();
