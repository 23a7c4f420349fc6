import type { Clock } from '../../time.ts';
import { formatDuration } from '../../time.ts';

/** Tells the story of the demo in the terminal: what happens, where, how long after the first signal. */
export interface Narrator {
  act(title: string): void;
  /** From here on the story says how long it has been since the signal. */
  signal(): void;
  /** Something that happened outside Slack, or that a person did. */
  tell(who: string, what: string): void;
  /** Something as its receiver sees it. */
  shows(where: string, rendered: string): void;
  /** A milestone of the story: the demo fails where one does not hold. @throws Error. */
  milestone(what: string, holds: boolean): void;
  /** How many milestones held. */
  count(): number;
}

export function createNarrator(write: (line: string) => void, clock: Clock): Narrator {
  let signalAt: Date | undefined;
  let milestones = 0;
  const when = (): string => {
    const now = clock.now();
    const since = signalAt === undefined ? '' : `+${formatDuration(now.getTime() - signalAt.getTime())}`;
    return `${now.toISOString().slice(11, 16)} ${since.padEnd(12)}`;
  };
  return {
    act(title) {
      write('');
      write(`== ${title}`);
    },
    signal() {
      signalAt = clock.now();
    },
    tell: (who, what) => write(`${when()} ${who}: ${what}`),
    shows(where, rendered) {
      write(`${when()} ${where}`);
      for (const line of rendered.trimEnd().split('\n')) write(`        | ${line}`);
    },
    milestone(what, holds) {
      if (!holds) throw new Error(`the demo failed: ${what}`);
      milestones += 1;
      write(`${when()}   ok: ${what}`);
    },
    count: () => milestones,
  };
}
