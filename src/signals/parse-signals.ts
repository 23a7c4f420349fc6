import { z } from 'zod';
import type { ServiceDirectory, ServiceIdentity } from '../services/schema.ts';
import { sliDefinition } from '../services/slis.ts';
import { DAY, MINUTE, SECOND } from '../time.ts';
import { labels } from './labels.ts';
import { CHANGE_KINDS, EXAMPLE_FAILURES, REPORT_CATEGORIES, type Signal } from './signal.ts';

/** A signal that was not taken, and why, in the sender's words. */
export interface Refusal {
  readonly index: number;
  readonly id: string | null;
  readonly code: 'unreadable' | 'unknown_service' | 'out_of_range' | 'in_the_future';
  readonly reason: string;
}

/** Somebody tries whether aire can be reached: it is answered and told, and nothing is judged by it. */
export interface TestSignal {
  readonly id: string;
  readonly source: string;
  readonly service: string;
}

export interface ParsedSignals {
  readonly signals: readonly Signal[];
  readonly tests: readonly TestSignal[];
  readonly refused: readonly Refusal[];
}

/** A sender's clock may run ahead by this much. */
export const CLOCK_TOLERANCE = 5 * MINUTE;

const EARLIEST = new Date('2000-01-01T00:00:00Z');

/** Whatever is measured lies within: sums of it, times samples, never leave the range of numbers. */
const LARGEST = 1e15;
/** A measurement speaks for a month at most. */
const LONGEST = 31 * (DAY / SECOND);

const base = {
  id: z.string().min(1).max(200),
  service: z.string(),
  at: z.iso
    .datetime({ offset: true, error: 'write a time such as 2026-11-21T10:00:00Z' })
    .transform((text) => new Date(text)),
  labels: labels.default({}),
};
const url = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .optional();
const number = z.number().min(-LARGEST).max(LARGEST);
const count = z.int().min(0).max(LARGEST);
const seconds = z.number().positive().max(LONGEST).optional();
const text = z.string().max(20_000);

/** The wire format of `POST /webhooks/signals` (design §7). Unknown fields are allowed. */
const wireSignal = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('measurement'),
    ...base,
    sli: z.string().min(1).max(100),
    value: number.optional(),
    samples: count.optional(),
    good: count.optional(),
    total: count.optional(),
    window_s: seconds,
  }),
  z.object({
    type: z.literal('distribution'),
    ...base,
    of: z.string().min(1).max(100),
    buckets: z.record(z.string().max(200), number.min(0)).optional(),
    summary: z.object({ mean: number, sd: number.min(0), count: count.min(1) }).optional(),
    window_s: seconds,
  }),
  z.object({
    type: z.literal('change'),
    ...base,
    what: z.enum(CHANGE_KINDS),
    from: z.string().max(500).optional(),
    to: z.string().max(500).optional(),
    by: z.string().max(200).optional(),
    url,
  }),
  z.object({
    type: z.literal('report'),
    ...base,
    category: z.enum(REPORT_CATEGORIES),
    text: text.optional(),
    trace_url: url,
  }),
  z.object({
    type: z.literal('example'),
    ...base,
    input: text,
    output: text,
    expected: text.optional(),
    context: z.array(text).max(50).optional(),
    failure: z.enum(EXAMPLE_FAILURES),
    source: z.enum(['production', 'escalation', 'report']).optional(),
    trace_url: url,
  }),
  z.object({ type: z.literal('test'), ...base }),
]);
type WireSignal = z.output<typeof wireSignal>;

/** Reads a batch item by item: what is wrong with one never costs another. */
export function parseSignals(
  items: readonly unknown[],
  context: { source: string; services: ServiceDirectory<ServiceIdentity>; now: Date },
): ParsedSignals {
  const signals: Signal[] = [];
  const tests: TestSignal[] = [];
  const refused: Refusal[] = [];
  items.forEach((item, index) => {
    const read = wireSignal.safeParse(item);
    if (!read.success) {
      const id = z.object({ id: z.string() }).safeParse(item).data?.id ?? null;
      refused.push({ index, id, code: 'unreadable', reason: describe(read.error) });
      return;
    }
    const problem = check(read.data, context);
    if (problem !== undefined) refused.push({ index, id: read.data.id, ...problem });
    else if (read.data.type === 'test')
      tests.push({ id: read.data.id, source: context.source, service: read.data.service });
    else signals.push(normalise(read.data, context.source));
  });
  return { signals, tests, refused };
}

function describe(error: z.ZodError): string {
  return error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join('; ');
}

function check(
  wire: WireSignal,
  { services, now }: { services: ServiceDirectory<ServiceIdentity>; now: Date },
): Pick<Refusal, 'code' | 'reason'> | undefined {
  const service = services.get(wire.service);
  if (service === undefined) {
    const known = services
      .all()
      .map((s) => s.service)
      .join(', ');
    return {
      code: 'unknown_service',
      reason: `there is no service "${wire.service}"; known are: ${known || 'none'}`,
    };
  }
  if (wire.at.getTime() > now.getTime() + CLOCK_TOLERANCE) {
    return {
      code: 'in_the_future',
      reason: `at: ${wire.at.toISOString()} is in the future; check the sender's clock`,
    };
  }
  if (wire.at < EARLIEST)
    return {
      code: 'out_of_range',
      reason: `at: ${wire.at.toISOString()} is before 2000; check the sender's clock`,
    };
  if (wire.type === 'distribution') return checkDistribution(wire);
  if (wire.type !== 'measurement') return undefined;
  const value = measuredValue(wire);
  if (value === undefined) {
    return { code: 'unreadable', reason: 'value: give value, or good and total with a total above 0' };
  }
  if (wire.good !== undefined && wire.total !== undefined && wire.good > wire.total) {
    return { code: 'out_of_range', reason: `good: ${wire.good} is more than total ${wire.total}` };
  }
  if (sliDefinition(wire.sli, service.slis).unit === 'rate' && (value < 0 || value > 1)) {
    const hint = value > 1 && value <= 100 ? ` (${+(value / 100).toFixed(6)}, not ${value})` : '';
    return { code: 'out_of_range', reason: `value: ${value} is outside 0–1; rates are fractions${hint}` };
  }
  return undefined;
}

/** More would say more of rare buckets than of a shift. */
const MAX_BUCKETS = 500;

function checkDistribution({
  buckets,
  summary,
}: Extract<WireSignal, { type: 'distribution' }>): Pick<Refusal, 'code' | 'reason'> | undefined {
  if ((buckets === undefined) === (summary === undefined))
    return { code: 'unreadable', reason: 'buckets: give buckets, or summary (mean, sd, count), one of them' };
  const many = Object.keys(buckets ?? {}).length;
  return many > MAX_BUCKETS
    ? {
        code: 'out_of_range',
        reason: `buckets: ${many} are too many; put the rare ones into one, ${MAX_BUCKETS} at most`,
      }
    : undefined;
}

function measuredValue(wire: Extract<WireSignal, { type: 'measurement' }>): number | undefined {
  if (wire.value !== undefined) return wire.value;
  if (wire.good !== undefined && wire.total !== undefined && wire.total > 0) return wire.good / wire.total;
  return undefined;
}

function normalise(wire: Exclude<WireSignal, { type: 'test' }>, source: string): Signal {
  const common = { id: wire.id, source, service: wire.service, at: wire.at, labels: wire.labels };
  switch (wire.type) {
    case 'measurement': {
      const samples = wire.samples ?? wire.total;
      return {
        type: 'measurement',
        sli: wire.sli,
        value: measuredValue(wire) ?? 0,
        // Last, as in whatever there is much of: a property added after a spread takes Node 20 a microsecond.
        ...common,
        ...(samples === undefined ? {} : { samples }),
        ...(wire.window_s === undefined ? {} : { windowSeconds: wire.window_s }),
      };
    }
    case 'distribution':
      return {
        ...common,
        type: 'distribution',
        of: wire.of,
        ...given('buckets', wire.buckets),
        ...given('summary', wire.summary),
        ...given('windowSeconds', wire.window_s),
      };
    case 'change':
      return {
        ...common,
        type: 'change',
        what: wire.what,
        ...given('from', wire.from),
        ...given('to', wire.to),
        ...given('by', wire.by),
        ...given('url', wire.url),
      };
    case 'report':
      return {
        ...common,
        type: 'report',
        category: wire.category,
        ...given('text', wire.text),
        ...given('traceUrl', wire.trace_url),
      };
    case 'example':
      return {
        ...common,
        type: 'example',
        input: wire.input,
        output: wire.output,
        failure: wire.failure,
        ...given('expected', wire.expected),
        ...given('context', wire.context),
        ...given('origin', wire.source),
        ...given('traceUrl', wire.trace_url),
      };
  }
}

/** An optional property, left out when there is nothing to say. */
function given<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  const entry: Partial<Record<Key, Value>> = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}
