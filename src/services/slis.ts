/** How an SLI is measured: `rate` is a fraction 0–1, `seconds` and `usd` say so, `count` is anything else. */
export type SliUnit = 'rate' | 'seconds' | 'usd' | 'count';

/** What is known of a service level indicator. */
export interface SliDefinition {
  readonly title: string;
  readonly unit: SliUnit;
  /** Which way is good. */
  readonly better: 'higher' | 'lower';
}

const rate = (title: string, better: SliDefinition['better']): SliDefinition => ({
  title,
  unit: 'rate',
  better,
});
const lower = (title: string, unit: SliUnit): SliDefinition => ({ title, unit, better: 'lower' });
const higher = (title: string, unit: SliUnit): SliDefinition => ({ title, unit, better: 'higher' });

/** The indicators every AI service shares (reference §B). */
export const KNOWN_SLIS: Readonly<Record<string, SliDefinition>> = {
  task_completion_rate: rate('Task completion rate', 'higher'),
  hallucination_rate: rate('Hallucination rate', 'lower'),
  refusal_rate: rate('Refusal rate', 'lower'),
  retrieval_precision: rate('Retrieval precision', 'higher'),
  context_utilization: rate('Context utilization', 'higher'),
  structured_output_error_rate: rate('Structured output error rate', 'lower'),
  availability: rate('Availability', 'higher'),
  error_rate: rate('Error rate', 'lower'),
  latency_p50: lower('Latency p50', 'seconds'),
  latency_p95: lower('Latency p95', 'seconds'),
  latency_p99: lower('Latency p99', 'seconds'),
  throughput: higher('Throughput', 'count'),
  tokens_per_second: higher('Tokens per second', 'count'),
  queue_depth: lower('Queue depth', 'count'),
  gpu_utilization: rate('GPU utilization', 'lower'),
  vram_used: rate('VRAM used', 'lower'),
  cost_per_task: lower('Cost per task', 'usd'),
  tokens_per_request: lower('Tokens per request', 'count'),
  cache_hit_rate: rate('Cache hit rate', 'higher'),
  guardrail_block_rate: rate('Guardrail block rate', 'higher'),
  jailbreak_rate: rate('Jailbreak rate', 'lower'),
  pii_leak_count: lower('PII leaks', 'count'),
  guardrail_violation_rate: rate('Guardrail violation rate', 'lower'),
  hitl_rate: rate('Human-in-the-loop rate', 'lower'),
  confidence_calibration: rate('Confidence calibration error', 'lower'),
  data_freshness: lower('Data freshness', 'seconds'),
  groundedness: rate('Groundedness', 'higher'),
  golden_dataset_accuracy: rate('Golden dataset accuracy', 'higher'),
  eval_to_production_gap: rate('Eval-to-production gap', 'lower'),
  input_drift: lower('Input drift', 'count'),
  output_drift: lower('Output drift', 'count'),
  embedding_drift: lower('Embedding drift', 'count'),
  vendor_latency: lower('Vendor latency', 'seconds'),
  vendor_error_rate: rate('Vendor error rate', 'lower'),
  index_size: lower('Index size', 'count'),
  storage_growth: lower('Storage growth', 'count'),
  bias_gap: rate('Bias gap', 'lower'),
  user_reports: lower('User reports', 'count'),
};

/** The definition of an SLI for a service: its own `slis`, else the known ones, else a plain count. */
export function sliDefinition(name: string, own: Readonly<Record<string, OwnSli>> = {}): SliDefinition {
  const mine = own[name];
  if (mine !== undefined) {
    const unit = mine.unit === 'rate' || mine.unit === 'seconds' || mine.unit === 'usd' ? mine.unit : 'count';
    return { title: mine.title ?? titleOf(name), unit, better: mine.better };
  }
  return KNOWN_SLIS[name] ?? { title: titleOf(name), unit: 'count', better: 'lower' };
}

/** An SLI that a service file declares for itself. */
export interface OwnSli {
  readonly title?: string | undefined;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
}

function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A value as people read it: `94.2 %`, `4.8 s`, `0.12 USD`, `310`. */
export function formatSliValue(value: number, unit: SliUnit): string {
  switch (unit) {
    case 'rate':
      return `${(value * 100).toFixed(1)} %`;
    case 'seconds':
      return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} s`;
    case 'usd':
      return `${value.toFixed(value < 1 ? 3 : 2)} USD`;
    case 'count':
      return Number.isInteger(value) ? String(value) : value.toFixed(2);
  }
}
