import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type MitigationTarget,
  startMitigationTarget,
} from '../../src/adapters/stand-ins/mitigation-target.ts';
import { createSignalsSender, type SignalsSender } from '../../src/adapters/stand-ins/signals-sender.ts';
import { type SlackStandIn, startSlackStandIn } from '../../src/adapters/stand-ins/slack/slack-stand-in.ts';
import { startStatusPage } from '../../src/adapters/stand-ins/status-page.ts';
import { SHIPPED_STATUS_PAGE } from '../../src/cli/demo/stage.ts';
import { systemClock } from '../../src/time.ts';

const SIGNING = `whsec_${Buffer.alloc(32, 'deploy').toString('base64')}`;
const SIGNALS = `whsec_${Buffer.alloc(32, 'signals').toString('base64')}`;

/** `aire start` as its own process that can be killed, between stand-ins that survive it. */
export interface BotProcess {
  /** Where it listens. */
  readonly url: string;
  readonly slack: SlackStandIn;
  readonly target: MitigationTarget;
  readonly signals: SignalsSender;
  start(): Promise<void>;
  /** kill -9: nothing is finished, nothing is flushed. */
  kill(): Promise<void>;
  /** SIGTERM: resolves with the exit code, null when a signal ended it. */
  terminate(): Promise<number | null>;
  close(): Promise<void>;
}

export async function createBotProcess(options: {
  databaseUrl: string;
  honoursKey: boolean;
  /** Further variables of its environment. */
  env?: Readonly<Record<string, string>>;
  /** Replaces text in the shipped service file. */
  edit?: (serviceFile: string) => string;
}): Promise<BotProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'aire-e2e-'));
  const slack = await startSlackStandIn({ clock: systemClock, botToken: 'xoxb-e2e', signingSecret: 'e2e' });
  const target = await startMitigationTarget({
    secret: SIGNING,
    honoursKey: options.honoursKey,
    versions: { current: 'v42', previous: 'v41' },
    answers: 'running',
  });
  const statusPage = await startStatusPage();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await cp('runbooks', join(directory, 'runbooks'), { recursive: true });
  const file = join(directory, 'runbooks', 'services', 'support-agent.yaml');
  const shipped = await readFile(file, 'utf8');
  const edit = options.edit ?? ((text) => text);
  await writeFile(
    file,
    edit(
      shipped
        .replace('https://deploy.example.com', target.url)
        .replace(SHIPPED_STATUS_PAGE, statusPage.statusUrl)
        .replace('declare: propose', 'declare: auto'),
    ),
  );
  slack.connect(url);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', 'start'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: options.databaseUrl,
        PORT: String(port),
        HOST: '127.0.0.1',
        AIRE_PUBLIC_URL: url,
        AIRE_LOG_LEVEL: 'error',
        AIRE_RUNBOOKS_DIR: join(directory, 'runbooks'),
        AIRE_GOLDEN_DIR: join(directory, 'golden-dataset'),
        AIRE_POSTMORTEMS_DIR: join(directory, 'postmortems'),
        AIRE_ALLOW_HOSTS: '127.0.0.1',
        AIRE_SIGNAL_SECRETS: `evals=${SIGNALS}`,
        AIRE_SECRET_DEPLOY: 'e2e-token',
        AIRE_SECRET_DEPLOY_SIGNING: SIGNING,
        SLACK_BOT_TOKEN: 'xoxb-e2e',
        SLACK_SIGNING_SECRET: 'e2e',
        SLACK_API_URL: slack.url,
        ...options.env,
      },
    });
    await eventually('the bot is ready', async () => (await fetch(`${url}/readyz`)).status === 200);
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async function terminate(): Promise<number | null> {
    if (child === undefined) throw new Error('the bot was not started');
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
    return child.exitCode;
  }

  return {
    url,
    slack,
    target,
    signals: createSignalsSender({ url, secret: SIGNALS }),
    start,
    kill,
    terminate,
    async close() {
      await kill();
      await Promise.all([slack.close(), target.close(), statusPage.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Waits, in real time, until something holds; an error while looking counts as "not yet". */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = 45,
): Promise<void> {
  const until = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < until) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`within ${seconds} s it did not come true that ${what}`, { cause: last });
}

/** A port nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
