import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../adapters/db/database.ts';
import { startEmptyPrometheus } from '../../adapters/stand-ins/empty-prometheus.ts';
import { type MitigationTarget, startMitigationTarget } from '../../adapters/stand-ins/mitigation-target.ts';
import { type PagerDutyApi, startPagerDutyApi } from '../../adapters/stand-ins/pagerduty-api.ts';
import { createPagerDutySender, type PagerDutySender } from '../../adapters/stand-ins/pagerduty-webhooks.ts';
import { createSignalsSender, type SignalsSender } from '../../adapters/stand-ins/signals-sender.ts';
import { type SlackStandIn, startSlackStandIn } from '../../adapters/stand-ins/slack/slack-stand-in.ts';
import { type StatusPage, startStatusPage } from '../../adapters/stand-ins/status-page.ts';
import { type App, startApp } from '../../app.ts';
import { readConfig } from '../../config.ts';
import type { Logger } from '../../log.ts';
import { createManualClock, type ManualClock } from '../../time.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { freePort } from './free-port.ts';

/** Secrets of the stage only: they open nothing outside it. */
const secretOf = (word: string): string =>
  `whsec_${Buffer.from(word.repeat(8)).subarray(0, 32).toString('base64')}`;
const SECRETS = {
  signals: secretOf('signals'),
  deploy: secretOf('deploy-signing'),
  pagerduty: 'stage-pagerduty-secret',
  pagerdutyApi: 'stage-pagerduty-token',
  slack: 'stage-slack-secret',
  botToken: 'xoxb-stage',
};

export interface StageOptions {
  /** Where the files go; made anew. */
  readonly directory: string;
  readonly start: Date;
  readonly log: Logger;
  /** Replaces text in each of the shipped service files. */
  readonly edit?: (serviceFile: string) => string;
  /** Whether the rollback target recognises a repeated request. */
  readonly honoursKey?: boolean;
  readonly database?: Database;
  readonly pagerdutySecrets?: readonly string[];
  /** Further variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The address in the shipped service file that a stand-in answers for. */
export const SHIPPED_STATUS_PAGE = 'https://status.openai.com/api/v2/status.json';

/** Likewise, for one that the demo's service does not use: it is reached, and knows no series. */
const SHIPPED_PROMETHEUS = 'http://prometheus:9090';

const PAGERDUTY_USER = 'aire@example.com';

/** The real bot between stand-ins for Slack, PagerDuty, a provider, a measuring system and a deployment system. */
export interface Stage {
  readonly clock: ManualClock;
  readonly slack: SlackStandIn;
  readonly pagerduty: PagerDutySender;
  /** Where owners are paged. */
  readonly pages: PagerDutyApi;
  readonly signals: SignalsSender;
  readonly target: MitigationTarget;
  /** The status page of the provider that the service rests on. */
  readonly statusPage: StatusPage;
  readonly app: App;
  readonly directory: string;
  close(): Promise<void>;
}

/** Starts everything on this machine, each on a port of its own. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const { directory, log } = options;
  const clock = createManualClock(options.start);
  const [slack, target, pages, statusPage, prometheus, port] = await Promise.all([
    startSlackStandIn({
      clock,
      channels: [{ name: 'general' }, { name: 'incidents' }, { name: 'ml-platform' }],
      botToken: SECRETS.botToken,
      signingSecret: SECRETS.slack,
      userGroups: [{ id: 'S0ONCALL', handle: 'ml-oncall', name: 'ML on call', users: ['U0BEN'] }],
    }),
    startMitigationTarget({
      secret: SECRETS.deploy,
      honoursKey: options.honoursKey ?? true,
      versions: { current: 'v42', previous: 'v41' },
      answers: 'running',
    }),
    startPagerDutyApi({ token: SECRETS.pagerdutyApi, users: [PAGERDUTY_USER], services: ['PSVC1'] }),
    startStatusPage(),
    startEmptyPrometheus(),
    freePort(),
  ]);
  const edit = options.edit ?? ((text) => text);
  await layOut(directory, (shipped) =>
    edit(
      shipped
        .replaceAll('https://deploy.example.com', target.url)
        .replaceAll(SHIPPED_STATUS_PAGE, statusPage.statusUrl),
    ).replaceAll(SHIPPED_PROMETHEUS, prometheus.url),
  );
  const url = `http://127.0.0.1:${port}`;
  const config = readConfig(
    {
      PORT: String(port),
      HOST: '127.0.0.1',
      AIRE_PUBLIC_URL: url,
      AIRE_DATA_DIR: join(directory, 'data'),
      SLACK_BOT_TOKEN: SECRETS.botToken,
      SLACK_SIGNING_SECRET: SECRETS.slack,
      SLACK_API_URL: slack.url,
      PAGERDUTY_WEBHOOK_SECRET: (options.pagerdutySecrets ?? [SECRETS.pagerduty]).join(','),
      PAGERDUTY_API_TOKEN: SECRETS.pagerdutyApi,
      PAGERDUTY_FROM: PAGERDUTY_USER,
      PAGERDUTY_API_URL: pages.url,
      AIRE_SIGNAL_SECRETS: `evals=${SECRETS.signals}`,
      AIRE_SECRET_DEPLOY: 'stage-deploy-token',
      AIRE_SECRET_DEPLOY_SIGNING: SECRETS.deploy,
      AIRE_ALLOW_HOSTS: '127.0.0.1',
      AIRE_RUNBOOKS_DIR: join(directory, 'runbooks'),
      AIRE_TEMPLATES_DIR: join(PACKAGE_ROOT, 'templates'),
      AIRE_GOLDEN_DIR: join(directory, 'golden-dataset'),
      AIRE_POSTMORTEMS_DIR: join(directory, 'postmortems'),
      ...options.env,
    },
    () => '',
  );
  const app = await startApp({
    config,
    log,
    clock,
    ...(options.database === undefined ? {} : { database: options.database }),
  });
  slack.connect(url);
  return {
    clock,
    slack,
    target,
    pages,
    statusPage,
    app,
    directory,
    pagerduty: createPagerDutySender({
      url,
      secrets: [SECRETS.pagerduty],
      serviceId: 'PSVC1',
      serviceName: 'Support agent',
      clock,
    }),
    signals: createSignalsSender({ url, secret: SECRETS.signals }),
    async close() {
      await app.stop();
      await Promise.all([
        slack.close(),
        target.close(),
        pages.close(),
        statusPage.close(),
        prometheus.close(),
      ]);
    },
  };
}

/** The shipped runbooks, with their addresses pointed at the stand-ins. */
async function layOut(directory: string, edit: (text: string) => string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await cp(join(PACKAGE_ROOT, 'runbooks'), join(directory, 'runbooks'), { recursive: true });
  const services = join(directory, 'runbooks', 'services');
  for (const name of await readdir(services)) {
    const text = await readFile(join(services, name), 'utf8');
    await writeFile(join(services, name), edit(text));
  }
}
