import { type Database, openDatabase } from './adapters/db/database.ts';
import { createDeliveryStore } from './adapters/db/delivery-store.ts';
import { createJobQueue } from './adapters/db/job-queue.ts';
import { createReplicaWake } from './adapters/db/replica-wake.ts';
import { createSlackMessages } from './adapters/db/slack-messages.ts';
import { createStores } from './adapters/db/stores.ts';
import { sayWhenAway } from './adapters/db/when-away.ts';
import { lockDirectory } from './adapters/files/directory-lock.ts';
import { createDocumentStore } from './adapters/files/documents.ts';
import { loadTemplates } from './adapters/files/templates.ts';
import { readRunbookFiles } from './adapters/files/yaml-files.ts';
import { createGoldenRepository } from './adapters/git/golden-repository.ts';
import { healthRoutes } from './adapters/http/health.ts';
import { metricsRoute } from './adapters/http/metrics-route.ts';
import { mitigationCallback } from './adapters/http/mitigation-callback.ts';
import { createHttpServer, type HttpRequest } from './adapters/http/server.ts';
import { featureJobs } from './adapters/outbox/feature-jobs.ts';
import { pagingJobs } from './adapters/outbox/paging-jobs.ts';
import { createShareOfTime } from './adapters/outbox/share-of-time.ts';
import { stepJobs } from './adapters/outbox/step-jobs.ts';
import { vendorJobs } from './adapters/outbox/vendor-jobs.ts';
import { createOutboxWorker } from './adapters/outbox/worker.ts';
import { createOutgoing } from './adapters/outgoing/create-outgoing.ts';
import { createEvalsSender } from './adapters/outgoing/evals-sender.ts';
import { createMitigationSender } from './adapters/outgoing/mitigation-sender.ts';
import { createReader } from './adapters/outgoing/reader.ts';
import { createPagerDuty } from './adapters/pagerduty/rest.ts';
import { createPrometheus } from './adapters/prometheus/query.ts';
import { createReviewSchedule } from './adapters/scheduler/review-schedule.ts';
import { createSlackClient } from './adapters/slack/client.ts';
import { channelKey, incidentJobs } from './adapters/slack/jobs/incident-jobs.ts';
import { otherJobs } from './adapters/slack/jobs/other-jobs.ts';
import { createApproverDirectory, createNames } from './adapters/slack/people.ts';
import { createSlackApp } from './adapters/slack/slack-app.ts';
import { createStatuspageReader } from './adapters/vendor-status/statuspage.ts';
import { createAppMetrics, holdAfterRestore, operatingJobs, startOperation } from './app-operate.ts';
import { firstPolls, pollingJobs } from './app-poll.ts';
import { signalRoutes } from './app-routes.ts';
import { type Catalogue, loadCatalogue } from './catalogue/load-catalogue.ts';
import { type Config, requireSlack, secretValues } from './config.ts';
import { draftGoldenCases } from './golden-dataset/jobs.ts';
import { newId } from './ids.ts';
import type { PhaseFollowUps } from './incidents/change-phase.ts';
import type { Pager } from './incidents/pager.ts';
import { resolvePageJob } from './incidents/paging.ts';
import type { Logger } from './log.ts';
import { recordAnswer } from './mitigations/record-answer.ts';
import { draftPostmortem } from './postmortems/jobs.ts';
import { createScrub } from './scrub.ts';
import { type Clock, systemClock } from './time.ts';

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Domain time. */
  readonly clock?: Clock;
  /** A database that is open already; its owner closes it. */
  readonly database?: Database;
}

/** A running bot. */
export interface App {
  /** Where its HTTP server listens. */
  readonly url: string;
  readonly catalogue: Catalogue;
  /** Resolves when nothing is due and nothing is under way. */
  settle(): Promise<void>;
  /** Stops taking requests and jobs, and waits for those under way. */
  stop(): Promise<void>;
}

/** The runbooks directory, checked against the environment. @throws AppError `runbooks_invalid`. */
export async function readCatalogue(config: Config): Promise<Catalogue> {
  return loadCatalogue(await readRunbookFiles(config.directories.runbooks), {
    secrets: config.secrets,
    hasPublicUrl: config.http.publicUrl !== undefined,
  });
}

/** Opens the configured database; the embedded one belongs to a single process, which its directory lock enforces. */
export async function openConfiguredDatabase(
  config: Config,
  log: Logger,
): Promise<{ database: Database; close(): Promise<void> }> {
  if (config.database.kind === 'postgres') {
    const database = await openDatabase(config.database, log);
    return { database, close: () => database.close() };
  }
  const lock = await lockDirectory(config.database.dataDir);
  try {
    const database = await openDatabase(config.database, log);
    return {
      database,
      close: async () => {
        await database.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Composes and starts the bot: the only place that sees every adapter.
 *
 * @throws AppError with everything that is wrong with the environment or the runbooks, before anything is started.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, log } = options;
  const clock = options.clock ?? systemClock;
  const wallClock = systemClock;
  const slackConfig = requireSlack(config);
  const catalogue = await readCatalogue(config);
  const templates = loadTemplates(config.directories.templates, ['postmortem.md']);
  const opened =
    options.database === undefined
      ? await openConfiguredDatabase(config, log)
      : { database: options.database, close: async () => {} };
  const { database } = opened;

  // The stores wake the worker, which is made from them.
  let wake = (_kinds?: readonly string[]): void => {};
  const store = createStores(database, clock, (kinds) => wake(kinds));
  const deliveries = createDeliveryStore(database, (kinds) => wake(kinds));
  const messages = createSlackMessages(database);
  const metrics = createAppMetrics(database, clock);
  const client = createSlackClient({ ...slackConfig, observe: metrics.slackCall });
  const publicUrl = config.http.publicUrl;
  const followUps: PhaseFollowUps = (incident, event) =>
    event.type === 'resolve'
      ? [
          draftPostmortem(incident.id),
          draftGoldenCases(incident.id, incident.resolvedAt ?? clock.now()),
          resolvePageJob(incident),
        ]
      : event.type === 'cancel'
        ? [resolvePageJob(incident)]
        : event.type === 'advance'
          ? []
          : [draftPostmortem(incident.id)];
  const deps = {
    store,
    services: catalogue.services,
    playbook: catalogue.playbook,
    clock,
    newId,
    callbackUrl: (id: string) =>
      publicUrl === undefined ? undefined : `${publicUrl}/webhooks/mitigations/${id}`,
    documents: createDocumentStore(config.directories.postmortems),
    templates,
    people: createNames(client),
    messages,
    channels: config.channels,
    followUps,
  };
  const outgoing = createOutgoing({ allowHosts: config.allowHosts });
  const scrub = createScrub(secretValues(config));
  const read = createReader({ outgoing, secrets: config.secrets, scrub });
  const pages = createStatuspageReader(outgoing.request);
  const pager = createPager(config);
  const linkTo = async (incidentId: string) => {
    const place = await messages.find(channelKey(incidentId));
    return place === undefined ? undefined : `https://slack.com/app_redirect?channel=${place.channel}`;
  };
  const schedule = createReviewSchedule({
    cron: config.review.cron,
    timezone: config.timezone,
    clock,
    log,
    enqueue: store.enqueue,
    firstActivity: deliveries.firstActivity,
  });
  const receiving = createShareOfTime();
  const holdMitigations = () => holdAfterRestore({ database, store, clock, log });
  const worker = createOutboxWorker({
    queue: createJobQueue(database),
    handlers: new Map([
      ...featureJobs({
        ...deps,
        holdAfterRestore: holdMitigations,
        target: createMitigationSender({ outgoing, secrets: config.secrets, wallClock }),
        approvers: createApproverDirectory(client),
        golden: createGoldenRepository({
          directory: config.directories.golden,
          author: { name: 'aire', email: 'aire@localhost' },
        }),
        enqueue: store.enqueue,
      }),
      ...pagingJobs({ ...deps, pager, log, linkTo }),
      ...stepJobs({ ...deps, read, query: createPrometheus(read), pager, linkTo }),
      ...pollingJobs({
        ...deps,
        deliveries,
        read,
        pages,
        startEvals: createEvalsSender({ outgoing, secrets: config.secrets, wallClock }),
        metrics,
        log,
      }),
      ...vendorJobs(deps, pages),
      ...incidentJobs({ ...deps, client }),
      ...otherJobs({ ...deps, client, deliveryProblem: deliveries.deliveryProblem }),
      ...operatingJobs({ ...deps, database, client, messages, schedule, log }),
    ]),
    clock,
    log,
    scrub,
    busy: receiving.share,
    observe: (job, seconds, lagSeconds) => {
      if (job.kind === 'service.evaluate') metrics.evaluation(seconds, lagSeconds);
    },
    onDead: async (job, reason) => {
      // What can't be shown in Slack is not reported there about itself.
      if (job.kind === 'job.report_dead' || job.kind === 'self_watch.show') return;
      await store.enqueue({
        kind: 'job.report_dead',
        lane: 'incidents-channel',
        key: `report-dead:${job.id}`,
        payload: { jobId: job.id, kind: job.kind, reason },
      });
    },
  });
  const replicas =
    config.database.kind === 'postgres' && options.database === undefined
      ? createReplicaWake(config.database.url, () => worker.wake(), log)
      : undefined;
  wake = (kinds) => {
    worker.wake(kinds);
    replicas?.announce();
  };

  // People are told that the database is away; a job just meets the error and is tried again.
  const asked = { ...deps, store: sayWhenAway(store), messages: sayWhenAway(messages) };
  const slack = await createSlackApp({ deps: asked, client, ...slackConfig, log, wallClock });
  const receive = { store: deliveries, clock, wallClock, observe: metrics.delivery };
  const signals = signalRoutes(config, catalogue, receive).map((route) => ({
    ...route,
    handle: (request: HttpRequest) => receiving.during(() => route.handle(request)),
  }));
  const server = createHttpServer({
    log,
    mounts: [{ path: '/slack/events', listener: slack.listener }],
    routes: [
      ...signals,
      mitigationCallback({
        find: store.mitigation,
        secrets: config.secrets,
        record: (id, answer) => recordAnswer(deps, id, answer),
        wallClock,
      }),
      ...healthRoutes(database),
      metricsRoute({ clients: config.apiClients, render: metrics.render }),
    ],
  });
  await holdMitigations();
  const { port } = await server.listen(config.http.port, config.http.host);
  await store.enqueue(...firstPolls(catalogue.services, clock.now()));
  worker.start();
  schedule.start();
  const operation = startOperation({
    config,
    database,
    enqueue: store.enqueue,
    messages,
    schedule,
    worker,
    outgoing,
    metrics,
    clock,
    log,
  });
  log.info({ port, services: catalogue.services.all().length }, 'aire is running');

  return {
    url: `http://127.0.0.1:${port}`,
    catalogue,
    async settle() {
      await schedule.tick();
      await worker.settle();
    },
    async stop() {
      await Promise.all([schedule.stop(), operation.stop()]);
      await server.close();
      await worker.stop();
      await replicas?.close();
      await opened.close();
    },
  };
}

/** Undefined: paging is off. */
function createPager({ pagerduty: { paging } }: Config): Pager | undefined {
  const token = paging?.tokens[0];
  return paging === undefined || token === undefined
    ? undefined
    : createPagerDuty({ token, from: paging.from, apiUrl: paging.apiUrl });
}
