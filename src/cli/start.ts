import { createLogger } from '../adapters/log.ts';
import { readCatalogue, startApp } from '../app.ts';
import { loadConfig, requireSlack, secretValues } from '../config.ts';
import { AppError, isAppError, messageOf } from '../errors.ts';

/** `aire start`: runs until SIGTERM or SIGINT, then finishes what is under way. @throws AppError with every fault at once. */
export async function start(): Promise<void> {
  const config = loadConfig();
  await refuseAllAtOnce([async () => requireSlack(config), () => readCatalogue(config)]);
  const log = createLogger({ level: config.logLevel, secrets: secretValues(config) });
  for (const off of integrationsThatAreOff(config)) log.info({ integration: off.name }, off.how);
  const app = await startApp({ config, log });
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  log.info({}, 'stopping: finishing what is under way');
  await app.stop();
}

/** Runs every check and throws what all of them found. @throws AppError. */
async function refuseAllAtOnce(checks: readonly (() => Promise<unknown>)[]): Promise<void> {
  const refusals = (await Promise.allSettled(checks.map((check) => check()))).flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const defect = refusals.find((error) => !isAppError(error));
  if (defect !== undefined) throw defect;
  if (refusals.length > 0) throw new AppError('config_invalid', refusals.map(messageOf).join('\n'));
}

/** What this configuration leaves off, and how to turn it on. */
export function integrationsThatAreOff(
  config: ReturnType<typeof loadConfig>,
): readonly { name: string; how: string }[] {
  return [
    ...(config.pagerduty.webhookSecrets.length === 0
      ? [{ name: 'pagerduty webhooks', how: 'off: set PAGERDUTY_WEBHOOK_SECRET to receive alerts' }]
      : []),
    ...(config.pagerduty.paging === undefined
      ? [
          {
            name: 'pagerduty paging',
            how: 'off: set PAGERDUTY_API_TOKEN and PAGERDUTY_FROM so that owners are paged; until then nobody is',
          },
        ]
      : []),
    ...(config.pagerduty.ownEvents === undefined
      ? [
          {
            name: 'pagerduty events',
            how: 'off: set PAGERDUTY_ROUTING_KEY so that somebody hears of aire’s own problems when Slack is down',
          },
        ]
      : []),
    ...(config.apiClients.length === 0
      ? [{ name: 'metrics', how: 'off: set AIRE_API_TOKENS so that Prometheus may read them' }]
      : []),
    ...(config.heartbeatUrl === undefined
      ? [{ name: 'heartbeat', how: 'off: set AIRE_HEARTBEAT_URL so that somebody notices when aire is dead' }]
      : []),
    ...(config.signalSenders.length === 0
      ? [{ name: 'signals', how: 'off: set AIRE_SIGNAL_SECRETS so that somebody may post them' }]
      : []),
  ];
}
