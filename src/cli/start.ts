import { createLogger } from '../adapters/log.ts';
import { startApp } from '../app.ts';
import { loadConfig, requireSlack, secretValues } from '../config.ts';

/** `aire start`: runs until SIGTERM or SIGINT, then finishes what is under way. @throws AppError with every fault at once. */
export async function start(): Promise<void> {
  const config = loadConfig();
  requireSlack(config);
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

function integrationsThatAreOff(
  config: ReturnType<typeof loadConfig>,
): readonly { name: string; how: string }[] {
  return [
    ...(config.pagerduty.webhookSecrets.length === 0
      ? [{ name: 'pagerduty webhooks', how: 'off: set PAGERDUTY_WEBHOOK_SECRET to receive alerts' }]
      : []),
    ...(config.signalSenders.length === 0
      ? [{ name: 'signals', how: 'off: set AIRE_SIGNAL_SECRETS so that somebody may post them' }]
      : []),
  ];
}
