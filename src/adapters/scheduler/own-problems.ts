import { formatDuration, MINUTE, SECOND } from '../../time.ts';

/** What the bot watches itself for (guarantee 8). */
export const PROBLEMS = [
  'outbox_stuck',
  'jobs_dead',
  'evaluation_late',
  'review_missed',
  'source_unanswered',
] as const;
export type OwnProblem = (typeof PROBLEMS)[number];

/** What it looks at. Ages are in seconds, undefined when nothing is due. */
export interface OwnFigures {
  readonly oldestDueSeconds: number | undefined;
  readonly oldestEvaluationSeconds: number | undefined;
  readonly deadJobs: number;
  /** When a review was due that nobody has asked for. */
  readonly missedReview: Date | undefined;
  /** What has not answered for some minutes, such as "Prometheus of support-agent", and why. */
  readonly unanswered: readonly { readonly what: string; readonly since: Date; readonly reason: string }[];
}

const STUCK_AFTER = MINUTE / SECOND;
const LATE_AFTER = 30;
const UNANSWERED_SHOWN = 5;

/** The problems that there are, each with what is wrong and what to do, in words for the incidents channel. */
export function ownProblems(figures: OwnFigures): ReadonlyMap<OwnProblem, string> {
  const found = new Map<OwnProblem, string>();
  const due = figures.oldestDueSeconds ?? 0;
  if (due > STUCK_AFTER) {
    found.set(
      'outbox_stuck',
      `Something that aire should do has been waiting for ${formatDuration(due * SECOND)}. If Slack, PagerDuty or a target is down, it is done when that is back; otherwise look for “a job will be tried again” in the log.`,
    );
  }
  if (figures.deadJobs > 0) {
    found.set(
      'jobs_dead',
      `aire gave up on ${figures.deadJobs === 1 ? '1 job' : `${figures.deadJobs} jobs`}. See them with \`aire outbox list\`, mend the cause, then run \`aire outbox retry <id>\`.`,
    );
  }
  const evaluation = figures.oldestEvaluationSeconds ?? 0;
  if (evaluation > LATE_AFTER) {
    found.set(
      'evaluation_late',
      `Triggers are evaluated late: one has been waiting for ${formatDuration(evaluation * SECOND)}, so incidents may be noticed late. Look at the load of the database and for “a job will be tried again” in the log.`,
    );
  }
  if (figures.missedReview !== undefined) {
    found.set(
      'review_missed',
      `The review that was due at ${figures.missedReview.toISOString().slice(0, 16).replace('T', ' ')} UTC was not posted. Post it with \`/aire review now\`, and look for “could not be scheduled” in the log.`,
    );
  }
  if (figures.unanswered.length > 0) {
    const each = figures.unanswered.map(
      ({ what, since, reason }) => `${what} (since ${since.toISOString().slice(11, 16)} UTC): ${reason}`,
    );
    found.set(
      'source_unanswered',
      `aire gets no answer from what it needs to judge a service. ${each.slice(0, UNANSWERED_SHOWN).join(' ')} Until that is mended, its triggers are blind to it.`,
    );
  }
  return found;
}

/** How many checks in a row saw each problem. */
export type Sightings = ReadonlyMap<OwnProblem, number>;

/** A jump of the clock or a backlog after a start is seen once; what stays is seen again 20 s later. */
export const SIGHTINGS_TO_REPORT = 2;

/** What a check changes: what is to be reported now, what has cleared, and what to remember for the next check. */
export function compareProblems(
  before: Sightings,
  now: ReadonlySet<OwnProblem>,
): { sightings: Sightings; opened: readonly OwnProblem[]; cleared: readonly OwnProblem[] } {
  const sightings = new Map([...now].map((problem) => [problem, (before.get(problem) ?? 0) + 1]));
  return {
    sightings,
    opened: [...now].filter((problem) => sightings.get(problem) === SIGHTINGS_TO_REPORT),
    cleared: [...before].flatMap(([problem, seen]) =>
      seen >= SIGHTINGS_TO_REPORT && !now.has(problem) ? [problem] : [],
    ),
  };
}
