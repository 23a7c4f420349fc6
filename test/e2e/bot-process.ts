import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type MitigationTarget,
  startMitigationTarget,
} from '../../src/adapters/stand-ins/mitigation-target.ts';
import { createSignalsSender, type SignalsSender } from '../../src/adapters/stand-ins/signals-sender.ts';
import { type SlackStandIn, startSlackStandIn } from '../../src/adapters/stand-ins/slack/slack-stand-in.ts';
import { startStatusPage } from '../../src/adapters/stand-ins/status-page.ts';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { SHIPPED_STATUS_PAGE } from '../../src/cli/demo/stage.ts';
import { systemClock } from '../../src/time.ts';

const SIGNING = `whsec_${Buffer.alloc(32, 'deploy').toString('base64')}`;
const SIGNALS = `whsec_${Buffer.alloc(32, 'signals').toString('base64')}`;

/** `aire start` as its own process that can be killed. */
export interface Replica {
  /** Where it listens. */
  readonly url: string;
  /** On another database than before, when one is named. */
  start(databaseUrl?: string): Promise<void>;
  /** kill -9: nothing is finished, nothing is flushed. */
  kill(): Promise<void>;
  /** SIGTERM: resolves with the exit code, null when a signal ended it. */
  terminate(): Promise<number | null>;
  /** While frozen it does nothing, and does not know it. */
  freeze(isFrozen: boolean): void;
  /** What it has logged as errors. */
  errors(): string;
}

/** A bot between stand-ins that survive it. */
export interface BotProcess extends Replica {
  readonly slack: SlackStandIn;
  readonly target: MitigationTarget;
  readonly signals: SignalsSender;
  /** Another process of the same installation: same database, same stand-ins, a port of its own. */
  replica(): Promise<Replica>;
  close(): Promise<void>;
}

export async function createBotProcess(options: {
  databaseUrl: string;
  /** Whether the rollback target recognises a repeated request; default true. */
  honoursKey?: boolean;
  /** Further variables of its environment. */
  env?: Readonly<Record<string, string>>;
  /** Replaces text in the shipped service file. */
  edit?: (serviceFile: string) => string;
}): Promise<BotProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'aire-e2e-'));
  const slack = await startSlackStandIn({ clock: systemClock, botToken: 'xoxb-e2e', signingSecret: 'e2e' });
  const target = await startMitigationTarget({
    secret: SIGNING,
    honoursKey: options.honoursKey ?? true,
    versions: { current: 'v42', previous: 'v41' },
    answers: 'running',
  });
  const statusPage = await startStatusPage();
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
  const other = join(directory, 'runbooks', 'services', 'llm-inference.yaml');
  // Refused at once: nothing waits for the name of a Prometheus that is not here.
  await writeFile(
    other,
    (await readFile(other, 'utf8')).replace('http://prometheus:9090', 'http://127.0.0.1:9'),
  );
  const replicas: Replica[] = [];
  const replica = async (): Promise<Replica> => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const made = createReplica(url, {
      PATH: process.env.PATH,
      DATABASE_URL: options.databaseUrl,
      PORT: String(port),
      HOST: '127.0.0.1',
      AIRE_PUBLIC_URL: replicas[0]?.url ?? url,
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
    });
    replicas.push(made);
    return made;
  };
  const first = await replica();
  slack.connect(first.url);

  return {
    ...first,
    slack,
    target,
    signals: createSignalsSender({ url: first.url, secret: SIGNALS }),
    replica,
    async close() {
      await Promise.all(replicas.map((each) => each.kill()));
      await Promise.all([slack.close(), target.close(), statusPage.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function createReplica(url: string, env: Readonly<Record<string, string | undefined>>): Replica {
  let child: ChildProcess | undefined;
  let errors = '';

  async function start(databaseUrl?: string): Promise<void> {
    const started = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', 'start'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...env, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) },
    });
    started.stdout.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child = started;
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
    start,
    kill,
    terminate,
    freeze: (isFrozen) => {
      child?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
    },
    errors: () => errors,
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
