import type { SignalsSender } from '../../src/adapters/stand-ins/signals-sender.ts';

const CONNECTIONS = 4;
/** Every so many deliveries tell of a deployment, which an open incident announces once. */
const WITH_A_CHANGE = 25;

/** A sender that goes on whatever happens to the bot, and remembers what was promised to it. */
export interface Ingest {
  /** The ids of the deliveries that were answered 2xx. */
  acknowledged(): readonly string[];
  /** How often each status was answered; 0 is no answer at all. */
  answers(): Readonly<Record<number, number>>;
  /** Sends nothing new, and resolves when everything that was sent is acknowledged. */
  finish(): Promise<void>;
  /** Sends nothing new, and gives up what is not acknowledged. */
  abandon(): Promise<void>;
}

/**
 * Posts distinct deliveries of a service whose score has fallen, over several connections. What is not acknowledged is
 * sent again under the same id, as every sender of webhooks does.
 */
export function startIngest(signals: SignalsSender): Ingest {
  const acknowledged: string[] = [];
  const answers: Record<number, number> = {};
  let sent = 0;
  let going: 'on' | 'finishing' | 'abandoned' = 'on';

  async function deliver(n: number): Promise<void> {
    const batch = n % WITH_A_CHANGE === 0 ? [badScore(n), deployment(n)] : [badScore(n)];
    while (going !== 'abandoned') {
      const { status } = await signals.send(batch, { webhookId: `d${n}` });
      answers[status] = (answers[status] ?? 0) + 1;
      if (status >= 200 && status < 300) {
        acknowledged.push(`d${n}`);
        return;
      }
      await wait(50);
    }
  }
  const connections = Array.from({ length: CONNECTIONS }, async () => {
    while (going === 'on') {
      sent += 1;
      await deliver(sent);
    }
  });
  const end = async (how: 'finishing' | 'abandoned'): Promise<void> => {
    going = how;
    await Promise.all(connections);
  };
  return {
    acknowledged: () => [...acknowledged],
    answers: () => ({ ...answers }),
    finish: () => end('finishing'),
    abandon: () => end('abandoned'),
  };
}

/** For the service file: a baseline that so many bad scores can't pull down before they are looked at. */
export const pinnedBaseline = (file: string): string =>
  file.replace('baseline: { over: 7d }', 'baseline: { pinned: { task_completion_rate: 95% } }');

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Chance that can be had again: the seed is printed, and taken from AIRE_TEST_SEED. */
export function seededChance(): () => number {
  const seed = Number(process.env.AIRE_TEST_SEED ?? Math.floor(Math.random() * 1e9));
  process.stdout.write(`AIRE_TEST_SEED=${seed}\n`);
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function badScore(n: number): Record<string, unknown> {
  return {
    type: 'measurement',
    id: `m${n}`,
    service: 'support-agent',
    sli: 'task_completion_rate',
    value: 0.8,
    samples: 200,
    window_s: 900,
    at: new Date().toISOString(),
  };
}

function deployment(n: number): Record<string, unknown> {
  return {
    type: 'change',
    id: `c${n}`,
    service: 'support-agent',
    what: 'prompt',
    from: `p${n - 1}`,
    to: `p${n}`,
    at: new Date().toISOString(),
  };
}
