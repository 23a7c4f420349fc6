import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type DatabaseFigures, databaseGauges } from './database-gauges.ts';

/** How a delivery ended, for counting. `failed`: it could not be stored, and the sender was told so. */
export type DeliveryOutcome =
  | 'accepted'
  | 'duplicate'
  | 'refused'
  | 'unusable'
  | 'unauthenticated'
  | 'failed';

export interface MetricsOptions {
  readonly version: string;
  /** Asked once a scrape. */
  readonly figures: () => Promise<DatabaseFigures>;
  /** Names of what the bot watches itself for. */
  readonly problems: readonly string[];
}

const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SLOW = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900];

/**
 * The metrics of one bot, in a registry of its own. Labels have few values and no private names: sources, outcomes,
 * severities, states, Slack methods and the services of the catalogue.
 */
export function createMetrics(options: MetricsOptions) {
  const registry = new Registry();
  const registers = [registry];
  const deliveries = new Counter({
    name: 'aire_deliveries_total',
    help: 'Webhook deliveries by source and outcome: accepted, duplicate, refused, unusable, unauthenticated, failed.',
    labelNames: ['source', 'outcome'],
    registers,
  });
  const deliverySeconds = new Histogram({
    name: 'aire_delivery_duration_seconds',
    help: 'From a delivery’s last byte to its answer, stored.',
    labelNames: ['source'],
    buckets: FAST,
    registers,
  });
  const evaluationSeconds = new Histogram({
    name: 'aire_evaluation_duration_seconds',
    help: 'How long evaluating a service’s triggers took.',
    buckets: FAST,
    registers,
  });
  const evaluationLag = new Histogram({
    name: 'aire_evaluation_lag_seconds',
    help: 'How late the evaluation of a service began.',
    buckets: SLOW,
    registers,
  });
  const polls = new Counter({
    name: 'aire_polls_total',
    help: 'What aire reads or starts by itself, by source (prometheus, vendor, evals), service and outcome: ok, no_data, not_a_number, refused, fault, failed.',
    labelNames: ['source', 'service', 'outcome'],
    registers,
  });
  const slackCalls = new Counter({
    name: 'aire_slack_calls_total',
    help: 'Calls of Slack’s Web API by method and outcome: ok, refused, rate_limited, failed, unreachable.',
    labelNames: ['method', 'outcome'],
    registers,
  });
  const problems = new Gauge({
    name: 'aire_self_watch_problem',
    help: '1 while the bot sees this problem of its own.',
    labelNames: ['problem'],
    registers,
  });
  new Gauge({
    name: 'aire_build_info',
    help: 'Always 1; the version is in its label.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version: options.version, node: process.versions.node }, 1);
  for (const problem of options.problems) problems.set({ problem }, 0);
  const database = databaseGauges(registry);

  return {
    delivery(source: string, outcome: DeliveryOutcome, seconds: number): void {
      deliveries.inc({ source, outcome });
      deliverySeconds.observe({ source }, seconds);
    },
    /** Of all services together: thousands of them would be more than is worth keeping, or scraping. */
    evaluation(seconds: number, lagSeconds: number): void {
      evaluationSeconds.observe(seconds);
      evaluationLag.observe(Math.max(0, lagSeconds));
    },
    poll(source: string, service: string, outcome: string): void {
      polls.inc({ source, service, outcome });
    },
    slackCall(method: string, outcome: string): void {
      slackCalls.inc({ method, outcome });
    },
    problem(problem: string, present: boolean): void {
      problems.set({ problem }, present ? 1 : 0);
    },
    /** The text that Prometheus reads. While the database is away, what it knows is absent, not zero. */
    async render(): Promise<{ readonly contentType: string; readonly text: string }> {
      database.show(await options.figures().catch(() => undefined));
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    /** Every metric there is, by name. */
    names: (): readonly string[] => registry.getMetricsAsArray().map((metric) => metric.name),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
