import { parseJson } from '../json.ts';
import { atPointer } from './json-pointer.ts';
import type { StepOutcome } from './next-steps.ts';
import type { Bounds, HealthyValue, RunnableStep } from './schema.ts';

/** What came of running a step: something was found (no data is a finding too), or it could not be done and why. */
export type StepResult =
  | {
      readonly kind: 'found';
      readonly outcome: StepOutcome;
      /** In words, with the limit. */
      readonly note: string;
      /** What the step's fact is set to, when it sets one. */
      readonly value?: string;
      readonly url?: string;
    }
  | { readonly kind: 'failed'; readonly reason: string };

/** One series of an instant query: its labels and its value, which may be NaN or infinite. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Characters of untrusted text within a finding. */
const SHOWN = 120;

/**
 * What a query found (reference integrations §4.1). Of several series the worst decides. No series is no data, and so
 * is NaN: it never counts as healthy, though it does not hide another series that is not.
 */
export function judgeSamples(
  samples: readonly Sample[],
  healthy: Bounds,
  unit: string | undefined,
): StepResult {
  const numbers = samples.filter(({ value }) => !Number.isNaN(value));
  const [first, ...rest] = numbers;
  if (first === undefined)
    return noData(samples.length === 0 ? 'no data: the query found no series' : 'no data: the value is NaN');
  const worst = rest.reduce(
    (so, each) => (excess(each.value, healthy) > excess(so.value, healthy) ? each : so),
    first,
  );
  const of = samples.length === 1 ? '' : ` at ${labelsInWords(worst.labels)}, the worst of ${samples.length}`;
  const note = `${formatReading(worst.value, unit)}${of} (limit: ${boundsInWords(healthy, unit)})`;
  if (excess(worst.value, healthy) >= 0)
    return { kind: 'found', outcome: 'not_ok', note, value: String(worst.value) };
  const unknown = samples.length - numbers.length;
  if (unknown > 0) return noData(`no data for ${unknown} of ${samples.length} series (NaN); else ${note}`);
  return { kind: 'found', outcome: 'ok', note, value: String(worst.value) };
}

/** What an answer found: any 2xx is fine, unless a pointer and `healthy` ask for more. */
export function judgeAnswer(
  answer: { readonly status: number; readonly body: string; readonly truncated: boolean },
  step: Pick<Extract<RunnableStep, { kind: 'http' }>, 'pointer' | 'healthy'>,
): StepResult {
  const { status, body } = answer;
  if (status < 200 || status > 299)
    return {
      kind: 'failed',
      reason: `It answered ${status}.${body.trim() === '' ? '' : ` ${clip(body.trim())}`}`,
    };
  if (step.pointer === undefined)
    return { kind: 'found', outcome: 'ok', note: `answered ${status}`, value: String(status) };
  const json = answer.truncated ? undefined : parseJson(body);
  if (json === undefined)
    return {
      kind: 'failed',
      reason: answer.truncated
        ? 'Its answer is too long to be read.'
        : `Its answer is not JSON: ${clip(body)}`,
    };
  const value = atPointer(json, step.pointer);
  if (value === undefined || value === null) return noData(`no data: the answer has no ${step.pointer}`);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const found = { kind: 'found', value: text } as const;
  const { healthy } = step;
  if (healthy === undefined) return { ...found, outcome: 'ok', note: clip(text) };
  const note = `${clip(text)} (healthy: ${healthyInWords(healthy)})`;
  return { ...found, outcome: isHealthy(value, healthy) ? 'ok' : 'not_ok', note };
}

/** Everything that `healthy` names must hold. What is no number is not within limits. */
function isHealthy(value: unknown, healthy: HealthyValue): boolean {
  const text = String(value);
  const number =
    typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : NaN;
  const hasBounds = healthy.below !== undefined || healthy.above !== undefined;
  return (
    (healthy.is === undefined || text === String(healthy.is)) &&
    (healthy.in === undefined || healthy.in.map(String).includes(text)) &&
    (!hasBounds || excess(number, healthy) < 0)
  );
}

/** How far a value is beyond its limits; less than 0 within them, 0 at one of them. */
function excess(value: number, { below, above }: Bounds): number {
  return Math.max(
    below === undefined ? Number.NEGATIVE_INFINITY : value - below,
    above === undefined ? Number.NEGATIVE_INFINITY : above - value,
  );
}

function noData(note: string): StepResult {
  return { kind: 'found', outcome: 'no_data', note };
}

/** A number as people read it: `87 %` for the unit rate, `4.8 s`, `12.3 requests`. */
export function formatReading(value: number, unit: string | undefined): string {
  const shown = unit === 'rate' ? value * 100 : value;
  const number = Number.isFinite(shown) ? String(Number(shown.toPrecision(4))) : shown > 0 ? '+Inf' : '-Inf';
  const known: Readonly<Record<string, string>> = { rate: '%', seconds: 's', usd: 'USD' };
  return unit === undefined ? number : `${number} ${known[unit] ?? unit}`;
}

function boundsInWords({ below, above }: Bounds, unit: string | undefined): string {
  return [
    ...(above === undefined ? [] : [`above ${formatReading(above, unit)}`]),
    ...(below === undefined ? [] : [`below ${formatReading(below, unit)}`]),
  ].join(' and ');
}

function healthyInWords(healthy: HealthyValue): string {
  return [
    ...(healthy.is === undefined ? [] : [String(healthy.is)]),
    ...(healthy.in === undefined ? [] : [healthy.in.map(String).join(' or ')]),
    ...[boundsInWords(healthy, undefined)].filter((words) => words !== ''),
  ].join(', ');
}

function labelsInWords(labels: Readonly<Record<string, string>>): string {
  const shown = Object.entries(labels).filter(([name]) => name !== '__name__');
  return shown.length === 0
    ? 'a series without labels'
    : clip(shown.map(([n, v]) => `${n}="${v}"`).join(', '));
}

function clip(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;
}
