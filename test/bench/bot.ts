import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { eventually } from '../e2e/bot-process.ts';

export const SIGNAL_SECRET = `whsec_${Buffer.alloc(32, 'bench').toString('base64')}`;
export const SLACK_SECRET = 'bench';

/** What `probe.mjs` tells of the bot's process when it is asked: bytes after a collection, and delay since the last answer. */
export interface ProcessFigures {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  /** Of the used heap what is compiled code, of which V8 makes more for as long as it runs. */
  readonly code: number;
  /** Seconds of processor time since it began. */
  readonly cpu: number;
  /** Milliseconds that timers came late, 99th percentile. */
  readonly loopDelayP99: number;
}

/** The built `aire start` in a process of its own, on a database, with services that declare by themselves. */
export interface Bot {
  readonly url: string;
  /** Asks it to collect garbage and to tell its size. */
  figures(): Promise<ProcessFigures>;
  stop(): Promise<void>;
}

/** The name of the nth service; the same in every benchmark, from 1. */
export function serviceName(n: number): string {
  return `svc-${String(n).padStart(6, '0')}`;
}

/** Starts it and waits until it is ready. Profiles are written where `AIRE_BENCH_PROFILE` says, if anywhere. */
export async function startBot(options: {
  databaseUrl: string;
  slackUrl: string;
  services: number;
}): Promise<Bot> {
  const directory = await mkdtemp(join(tmpdir(), 'aire-bench-bot-'));
  await mkdir(join(directory, 'runbooks', 'services'), { recursive: true });
  await cp('runbooks/playbook.yaml', join(directory, 'runbooks', 'playbook.yaml'));
  for (let n = 1; n <= options.services; n++)
    await writeFile(join(directory, 'runbooks', 'services', `${serviceName(n)}.yaml`), serviceFile(n));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const profile = process.env.AIRE_BENCH_PROFILE;
  const child = spawn(
    process.execPath,
    [
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
      ...['--expose-gc', '--import', './test/bench/probe.mjs', 'dist/main.js', 'start'],
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: options.databaseUrl,
        PORT: String(port),
        HOST: '127.0.0.1',
        AIRE_LOG_LEVEL: 'error',
        AIRE_RUNBOOKS_DIR: join(directory, 'runbooks'),
        AIRE_GOLDEN_DIR: join(directory, 'golden-dataset'),
        AIRE_POSTMORTEMS_DIR: join(directory, 'postmortems'),
        AIRE_SIGNAL_SECRETS: `evals=${SIGNAL_SECRET}`,
        SLACK_BOT_TOKEN: 'xoxb-bench',
        SLACK_SIGNING_SECRET: SLACK_SECRET,
        SLACK_API_URL: options.slackUrl,
      },
    },
  );
  await eventually('the bot is ready', async () => {
    if (child.exitCode !== null) throw new Error('the bot ended');
    return (await fetch(`${url}/readyz`)).status === 200;
  });
  return {
    url,
    async figures() {
      child.send('figures');
      const [figures] = (await once(child, 'message')) as [ProcessFigures];
      return figures;
    },
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function serviceFile(n: number): string {
  return `service: ${serviceName(n)}
tier: 1
owners: { team: bench }
declare: auto
`;
}
