import { z } from 'zod';
import { duration, points, quantity } from '../services/quantities.ts';
import { DIMENSIONS } from '../services/schema.ts';
import { REPORT_CATEGORIES } from '../signals/signal.ts';
import { SEVERITIES } from './severity.ts';
import { MOST_SLICE_LABELS } from './slice.ts';

/** What an incident is about; routes it (design §2). */
export const KINDS = [
  'model_behavior',
  'infrastructure',
  'cost',
  'vendor',
  'safety',
  'data',
  'unknown',
] as const;
export type IncidentKind = (typeof KINDS)[number];

const chance = z.number().gt(0).lt(0.5, 'write a chance below 0.5, such as 0.001');

/** Those that hold a value against a limit. */
export const LIMITS = ['drop', 'rise', 'ratio', 'above', 'below'] as const;
export const COMPARATORS = [...LIMITS, 'spike'] as const;

export const ratio = z.number().gt(1, 'a ratio is more than 1');

/** Counts against their own history: in the newest window, against the time before it (reference §D5). */
export const spikeFields = {
  /** Fewer than this are never a spike. */
  at_least: z.int().min(1),
  within: duration,
  against: duration,
  /** How unlikely so many must be where nothing changed. */
  p: chance,
};
export const spike = z.strictObject({
  at_least: spikeFields.at_least.default(3),
  within: spikeFields.within.prefault('1h'),
  against: spikeFields.against.prefault('1d'),
  p: spikeFields.p.default(0.001),
});
export type SpikeRule = z.output<typeof spike>;

/** How a value is held against its limit: by one of a closed set of comparators, where asked for over a time. */
export const comparator = z
  .strictObject({
    /** Points below or above the baseline. */
    drop: points.optional(),
    rise: points.optional(),
    /** Times the baseline. */
    ratio: ratio.optional(),
    /** A value, or the service's own SLO. */
    above: z.union([z.literal('slo'), quantity]).optional(),
    below: z.union([z.literal('slo'), quantity]).optional(),
    /** Counts against their own history; only of SLIs of the unit `count`. */
    spike: spike.optional(),
    /** Sustained for this long, with evidence throughout. */
    for: duration.optional(),
    /** What fired stays so until it has been well for this long: one bad moment is not over with the next good one. */
    hold: duration.optional(),
  })
  .refine((value) => COMPARATORS.filter((name) => value[name] !== undefined).length === 1, {
    error: `compare by one of ${COMPARATORS.join(', ')}`,
  })
  .refine((value) => value.spike === undefined || (value.for ?? value.hold) === undefined, {
    error: '`spike` counts `within` a time of its own: leave out `for` and `hold`',
  });

/** How far beyond its limit: `10pp` for points, `5x` for a ratio, `5%` or a number for a value. */
const extent = z
  .union([z.number(), z.string().regex(/^\d+(\.\d+)?(pp|x|%)$/, 'write 10pp, 5x, 5% or a number')])
  .transform((value) =>
    typeof value === 'number' ? value : Number.parseFloat(value) / (value.endsWith('x') ? 1 : 100),
  );

/** A burn rate is looked at over a long window, and over a short one that says whether it is still so. */
const burnWindows = z
  .strictObject({ factor: z.number().positive(), over: duration, and: duration })
  .refine((pair) => pair.and < pair.over, { error: '`and` is the shorter window', path: ['and'] });
export type BurnWindows = z.output<typeof burnWindows>;

/** How fast the error budgets of a service's SLOs on rates may burn (reference §D8, SRE workbook). */
export const burnFields = {
  /** Which SLOs: those of the other dimensions have quality budgets of their own (reference §J). */
  dimensions: z.array(z.enum(DIMENSIONS)).min(1),
  windows: z.array(burnWindows).min(1),
  /** Fewer bad answers than this in the long window are no burn, whatever their share. */
  min_bad: z.int().min(1),
};
const burnRate = z.strictObject({
  dimensions: burnFields.dimensions.default(['performance']),
  windows: burnFields.windows.prefault([
    { factor: 14.4, over: '1h', and: '5m' },
    { factor: 6, over: '6h', and: '30m' },
    { factor: 1, over: '3d', and: '6h' },
  ]),
  min_bad: burnFields.min_bad.default(10),
});
export type BurnRule = z.output<typeof burnRate>;

/** Distributions against their own past (reference §D10). */
export const driftFields = {
  against: duration,
  /** Buckets: the population stability index. */
  psi: z.number().positive(),
  /** Summaries: how far the mean moved, in standard deviations of what is usual. */
  effect: z.number().positive(),
  /** How unlikely so much must be where nothing changed. */
  p: chance,
};
const drift = z.strictObject(driftFields);
export type DriftRule = z.output<typeof drift>;

/** A documented trigger, as `runbooks/playbook.yaml` writes it. */
export const triggerRule = z.strictObject({
  title: z.string().min(1),
  /** Where the practice is documented, such as `§D1`. */
  source: z.string(),
  kind: z.enum(KINDS),
  slis: z.record(z.string(), comparator).default({}),
  /** User reports that spike (reference §D5). */
  reports: z.strictObject({ categories: z.array(z.enum(REPORT_CATEGORIES)).min(1), spike }).optional(),
  burn_rate: burnRate.optional(),
  drift: drift.optional(),
  min_samples: z.int().min(1).default(30),
  /** At tier 1, worst first; the last one has no `beyond`. */
  severity: z
    .array(z.strictObject({ beyond: extent.optional(), is: z.enum(SEVERITIES) }))
    .min(1)
    .refine(
      (steps) => steps.at(-1)?.beyond === undefined,
      'the last severity has no "beyond": it holds for the rest',
    ),
});
export type TriggerRule = z.output<typeof triggerRule>;
export type Comparator = z.output<typeof comparator>;

/** Labels by whose values SLIs are watched as well (design §8). */
const sliceLabels = z
  .array(
    z
      .string()
      .regex(/^[\w.:/-]{1,100}$/, 'write the name of a label that measurements carry, such as language'),
  )
  .max(MOST_SLICE_LABELS, `name ${MOST_SLICE_LABELS} labels at most`)
  .refine((labels) => new Set(labels).size === labels.length, 'name each label once');

/** How a service's triggers behave: the part of the service file that belongs to `triggers/`. */
export const triggerFields = {
  declare: z.enum(['shadow', 'propose', 'auto']).default('propose'),
  /** Whether a crossing must be told from chance before it fires, or counts as it stands. */
  confirm: z.enum(['sequential', 'exact']).default('sequential'),
  baseline: z
    .strictObject({
      over: duration.optional(),
      pinned: z.record(z.string(), quantity).default({}),
      slices: sliceLabels.optional(),
    })
    .prefault({}),
};
const triggerSettings = z.strictObject(triggerFields);
export type TriggerSettings = z.output<typeof triggerSettings>;
