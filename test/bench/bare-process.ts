import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A process that shows what this machine gives to who does the least. */
export interface BareProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a script of this directory, which tells its port, and waits until it listens. */
export async function startBare(script: string, ...given: string[]): Promise<BareProcess> {
  const bare = fork(`test/bench/${script}`, given);
  const [port]: unknown[] = await once(bare, 'message');
  return {
    url: `http://127.0.0.1:${String(port)}`,
    async stop() {
      const gone = once(bare, 'exit');
      bare.disconnect();
      await gone;
    },
  };
}
