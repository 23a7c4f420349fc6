import type { WebClient } from '@slack/web-api';
import type { Database } from './adapters/db/database.ts';
import { readOperatingFigures } from './adapters/db/operating-figures.ts';
import { whyMoved } from './adapters/db/place.ts';
import { postedMessages } from './adapters/db/posted-messages.ts';
import { removeExpired } from './adapters/db/retention.ts';
import type { createSlackMessages } from './adapters/db/slack-messages.ts';
import { readUnanswered } from './adapters/db/unanswered.ts';
import { createMetrics, type Metrics } from './adapters/metrics/metrics.ts';
import { packageVersion } from './adapters/metrics/version.ts';
import { retentionHandler, retentionJob } from './adapters/outbox/retention-job.ts';
import type { JobHandler, OutboxWorker } from './adapters/outbox/worker.ts';
import type { Outgoing } from './adapters/outgoing/outgoing.ts';
import { sendEvent } from './adapters/pagerduty/events.ts';
import { startDaily } from './adapters/scheduler/daily.ts';
import { type Every, everyRealTime } from './adapters/scheduler/every.ts';
import { startHeartbeat } from './adapters/scheduler/heartbeat.ts';
import { createOwnPager, type OwnPagerOptions } from './adapters/scheduler/own-pager.ts';
import { TROUBLES } from './adapters/scheduler/own-pages.ts';
import { type OwnFigures, ownProblems } from './adapters/scheduler/own-problems.ts';
import type { ReviewSchedule } from './adapters/scheduler/review-schedule.ts';
import { type SelfWatchOptions, startSelfWatch } from './adapters/scheduler/self-watch.ts';
import { problemKey, selfWatchJob } from './adapters/slack/jobs/self-watch-job.ts';
import type { Catalogue } from './catalogue/load-catalogue.ts';
import { retentionLimits } from './catalogue/retention.ts';
import type { Config } from './config.ts';
import type { Logger } from './log.ts';
import { noticeRestore } from './mitigations/hold-mitigations.ts';
import type { MitigationStore } from './mitigations/ports.ts';
import type { Clock } from './time.ts';
import type { NewJob } from './verb.ts';

/** What the parts have in common by which a bot is operated. */
interface Operated {
  readonly database: Database;
  readonly messages: ReturnType<typeof createSlackMessages>;
  readonly schedule: Pick<ReviewSchedule, 'missed' | 'tick'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The metrics of one bot; what the database knows is read at each scrape. */
export function createAppMetrics(database: Database, clock: Clock): Metrics {
  return createMetrics({
    version: packageVersion(),
    figures: () => readOperatingFigures(database, clock.now()),
    problems: TROUBLES,
  });
}

/** Holds mitigations when the database was restored since the last start; called before anything is sent. */
export async function holdAfterRestore({
  database,
  store,
  clock,
  log,
}: Pick<Operated, 'database' | 'clock' | 'log'> & { readonly store: MitigationStore }): Promise<void> {
  const current = await database.place();
  if (current === undefined) {
    log.warn({}, 'this database does not tell which copy it is: mitigations are not held after a restore');
    return;
  }
  const noticed = await noticeRestore(
    { store, clock },
    { current, whyMoved: (before) => whyMoved(before, current) },
  );
  if (noticed === 'moved') log.warn({ place: current }, 'the database was restored: mitigations are held');
}

/** The jobs of self-watch and retention. */
export function operatingJobs(
  deps: Operated & {
    readonly client: WebClient;
    readonly channels: { readonly incidents: string };
    readonly services: Catalogue['services'];
    readonly store: { readonly enqueue: (job: NewJob) => Promise<void> };
  },
): ReadonlyMap<string, JobHandler> {
  const { database, services, clock, store, log } = deps;
  return new Map<string, JobHandler>([
    selfWatchJob({ ...deps, problems: async () => ownProblems(await ownFigures(deps)) }),
    retentionHandler({
      remove: (enough) => removeExpired(database, retentionLimits(services.all(), clock.now()), enough),
      enqueue: store.enqueue,
      log,
    }),
  ]);
}

/** Starts self-watch, heartbeat and retention. `every`: how time passes for them; real time when absent. */
export function startOperation(
  deps: Operated & {
    readonly config: Config;
    readonly enqueue: (job: NewJob) => Promise<void>;
    readonly worker: Pick<OutboxWorker, 'sinceLastLook'>;
    readonly outgoing: Outgoing;
    readonly metrics: Metrics;
    readonly every?: Every;
  },
): { stop(): Promise<void> } {
  const { config, database, enqueue, messages, metrics, schedule, clock, log } = deps;
  const every = deps.every ?? everyRealTime;
  const stops = [
    startSelfWatch({
      figures: async () => {
        // What the schedule missed it is asked for again first; what remains is a problem.
        if (schedule.missed() !== undefined) await schedule.tick().catch(() => undefined);
        return ownFigures(deps);
      },
      shown: async (problems) => {
        const found = await Promise.all(problems.map((problem) => messages.find(problemKey(problem))));
        return problems.filter((_problem, index) => found[index] !== undefined);
      },
      told: async (problems) => {
        const posted = await postedMessages(database, problems.map(problemKey));
        return new Set(problems.filter((problem) => posted.has(problemKey(problem))));
      },
      enqueue,
      ...ownPager(deps),
      observe: metrics.problem,
      log,
      every,
    }),
    startDaily({ jobOf: (date) => retentionJob(date), enqueue, clock, log, every }),
    ...(config.heartbeatUrl === undefined
      ? []
      : [
          startHeartbeat({
            url: config.heartbeatUrl,
            request: deps.outgoing.request,
            ping: database.ping,
            sinceLastLook: deps.worker.sinceLastLook,
            log,
            every,
          }),
        ]),
  ];
  return {
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

/** Nothing without a routing key: then nobody is paged for aire itself. */
function ownPager({
  config: {
    pagerduty: { ownEvents },
  },
  clock,
  log,
}: Operated & { readonly config: Config }): Pick<SelfWatchOptions, 'page'> {
  const routingKey = ownEvents?.routingKeys[0];
  if (ownEvents === undefined || routingKey === undefined) return {};
  const send: OwnPagerOptions['send'] = (page) => sendEvent({ routingKey, url: ownEvents.url }, page);
  return { page: createOwnPager({ send, clock, log }) };
}

async function ownFigures({ database, clock, schedule }: Operated): Promise<OwnFigures> {
  const now = clock.now();
  const { jobs, oldestDueSeconds, oldestEvaluationSeconds } = await readOperatingFigures(database, now);
  return {
    oldestDueSeconds,
    oldestEvaluationSeconds,
    deadJobs: jobs.dead,
    missedReview: schedule.missed(),
    unanswered: await readUnanswered(database, now),
  };
}
