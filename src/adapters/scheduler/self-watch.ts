import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { SECOND } from '../../time.ts';
import type { NewJob } from '../../verb.ts';
import type { Every } from './every.ts';
import type { OwnPager } from './own-pager.ts';
import { DATABASE_AWAY, type Standing, standingOf, standingOfDatabase, type Trouble } from './own-pages.ts';
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
/** A connection that hangs is a database that does not answer; the check after this one must come in time. */
const LOOK_TIMEOUT = 10 * SECOND;

export interface SelfWatchOptions {
  readonly figures: () => Promise<OwnFigures>;
  /** The problems whose message is noted for the incidents channel and not cleared, whoever noted it. */
  readonly shown: (problems: readonly OwnProblem[]) => Promise<readonly OwnProblem[]>;
  /** Those of the problems whose message is in the incidents channel as it should be now. */
  readonly told: (problems: readonly OwnProblem[]) => Promise<ReadonlySet<OwnProblem>>;
  readonly enqueue: (job: NewJob) => Promise<void>;
  /** Pages while Slack is not told; absent: nobody is paged for aire itself. */
  readonly page?: OwnPager;
  /** For the metrics: told of each trouble at each check. */
  readonly observe: (trouble: Trouble, present: boolean) => void;
  readonly log: Logger;
  readonly every: Every;
  /** How long each question to the database may take, in milliseconds. */
  readonly lookTimeout?: number;
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
 * the outbox, to the incidents channel, once for each problem until it has cleared. What the channel does not show at
 * the check after that is paged.
 */
export function startSelfWatch(options: SelfWatchOptions): () => Promise<void> {
  const { log } = options;
  const inTime = <T>(answer: Promise<T>): Promise<T> => within(options.lookTimeout ?? LOOK_TIMEOUT, answer);
  let sightings: Sightings | undefined;
  /** How many checks in a row could not look. */
  let blind = 0;

  async function check(): Promise<{
    found: ReadonlyMap<OwnProblem, string>;
    standings: ReadonlyMap<Trouble, Standing>;
  }> {
    const found = ownProblems(await inTime(options.figures()));
    // What an earlier process has shown is this one's to clear.
    sightings ??= new Map(
      (await inTime(options.shown(PROBLEMS))).map((problem) => [problem, SIGHTINGS_TO_REPORT]),
    );
    for (const problem of PROBLEMS) options.observe(problem, found.has(problem));
    const { opened, cleared, ...next } = compareProblems(sightings, new Set(found.keys()));
    for (const problem of opened)
      log.error({ problem, detail: found.get(problem) }, 'aire has a problem of its own');
    for (const problem of cleared) log.info({ problem }, 'a problem of aire has cleared');
    for (const problem of [...opened, ...cleared]) await inTime(options.enqueue(showProblem(problem)));
    // Only now: what could not be asked for is found again at the next check.
    sightings = next.sightings;
    const told = found.size === 0 ? new Set<OwnProblem>() : await inTime(options.told([...found.keys()]));
    const standings = PROBLEMS.map(
      (problem) => [problem, standingOf(next.sightings.get(problem) ?? 0, told.has(problem))] as const,
    );
    return { found, standings: new Map(standings) };
  }

  return options.every(INTERVAL, async () => {
    let words: ReadonlyMap<Trouble, string> = new Map([['database_away', DATABASE_AWAY]]);
    let standings: ReadonlyMap<Trouble, Standing> = new Map();
    try {
      const seen = await check();
      words = seen.found;
      standings = seen.standings;
      if (blind > 0) log.info({}, 'aire can watch itself again');
      blind = 0;
    } catch (error) {
      if (blind === 0)
        log.error({ err: messageOf(error) }, 'aire can’t watch itself: the database does not answer');
      blind += 1;
    }
    options.observe('database_away', blind > 0);
    await options.page?.(new Map([...standings, ['database_away', standingOfDatabase(blind)]]), words);
  });
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`there was no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
