import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { SECOND } from '../../time.ts';
import type { NewJob } from '../../verb.ts';
import type { Every } from './every.ts';
import {
  compareProblems,
  type OwnFigures,
  type OwnProblem,
  ownProblems,
  PROBLEMS,
  SIGHTINGS_TO_REPORT,
  type Sightings,
} from './own-problems.ts';

const INTERVAL = 20 * SECOND;

export interface SelfWatchOptions {
  readonly figures: () => Promise<OwnFigures>;
  /** The problems whose message is in the incidents channel and not cleared, whoever posted it. */
  readonly shown: (problems: readonly OwnProblem[]) => Promise<readonly OwnProblem[]>;
  readonly enqueue: (job: NewJob) => Promise<void>;
  /** For the metrics: told of each problem at each check. */
  readonly observe: (problem: OwnProblem, present: boolean) => void;
  readonly log: Logger;
  readonly every: Every;
}

/** Shows a problem as it is when the message is sent, or clears its message; replicas share one message. */
export function showProblem(problem: OwnProblem): NewJob {
  return {
    kind: 'self_watch.show',
    // Not the lane of the incidents channel: what blocks that one must not keep this from being said.
    lane: 'self-watch',
    key: `self-watch:${problem}`,
    coalesce: true,
    payload: { problem },
  };
}

/**
 * The bot watches itself (guarantee 8): every 20 s of real time. What is seen twice in a row goes to the log and, by
 * the outbox, to the incidents channel; once for each problem until it has cleared.
 */
export function startSelfWatch(options: SelfWatchOptions): () => Promise<void> {
  const { log } = options;
  let sightings: Sightings | undefined;
  let blind = false;

  async function check(): Promise<void> {
    const found = ownProblems(await options.figures());
    // What an earlier process has shown is this one's to clear.
    sightings ??= new Map((await options.shown(PROBLEMS)).map((problem) => [problem, SIGHTINGS_TO_REPORT]));
    for (const problem of PROBLEMS) options.observe(problem, found.has(problem));
    const { opened, cleared, ...next } = compareProblems(sightings, new Set(found.keys()));
    for (const problem of opened)
      log.error({ problem, detail: found.get(problem) }, 'aire has a problem of its own');
    for (const problem of cleared) log.info({ problem }, 'a problem of aire has cleared');
    for (const problem of [...opened, ...cleared]) await options.enqueue(showProblem(problem));
    // Only now: what could not be asked for is found again at the next check.
    sightings = next.sightings;
  }

  return options.every(INTERVAL, async () => {
    try {
      await check();
      if (blind) log.info({}, 'aire can watch itself again');
      blind = false;
    } catch (error) {
      if (!blind)
        log.error({ err: messageOf(error) }, 'aire can’t watch itself: the database does not answer');
      blind = true;
    }
  });
}
