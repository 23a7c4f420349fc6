import { z } from 'zod';
import { duration, points, quantity } from '../services/quantities.ts';
import { REPORT_CATEGORIES } from '../signals/signal.ts';
import { SEVERITIES } from './severity.ts';

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

const COMPARATORS = ['drop', 'rise', 'ratio', 'above', 'below'] as const;

/** How a value is held against its limit: by one of a closed set of comparators, where asked for over a time. */
const comparator = z
  .strictObject({
    /** Points below or above the baseline. */
    drop: points.optional(),
    rise: points.optional(),
    /** Times the baseline. */
    ratio: z.number().gt(1, 'a ratio is more than 1').optional(),
    /** A value, or the service's own SLO. */
    above: z.union([z.literal('slo'), quantity]).optional(),
    below: z.union([z.literal('slo'), quantity]).optional(),
    /** Sustained for this long, with evidence throughout. */
    for: duration.optional(),
  })
  .refine((value) => COMPARATORS.filter((name) => value[name] !== undefined).length === 1, {
    error: `compare by one of ${COMPARATORS.join(', ')}`,
  });

/** How far beyond its limit: `10pp` for points, `5x` for a ratio, `5%` or a number for a value. */
const extent = z
  .union([z.number(), z.string().regex(/^\d+(\.\d+)?(pp|x|%)$/, 'write 10pp, 5x, 5% or a number')])
  .transform((value) =>
    typeof value === 'number' ? value : Number.parseFloat(value) / (value.endsWith('x') ? 1 : 100),
  );

/** A documented trigger, as `runbooks/playbook.yaml` writes it. */
export const triggerRule = z.strictObject({
  title: z.string().min(1),
  /** Where the practice is documented, such as `§D1`. */
  source: z.string(),
  kind: z.enum(KINDS),
  slis: z.record(z.string(), comparator).default({}),
  /** User reports that spike against the day before (reference §D5). */
  reports: z
    .strictObject({
      categories: z.array(z.enum(REPORT_CATEGORIES)).min(1),
      at_least: z.int().min(1),
      within: duration,
      times: z.number().min(1),
    })
    .optional(),
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

/** How a service's triggers behave: the part of the service file that belongs to `triggers/`. */
export const triggerFields = {
  declare: z.enum(['shadow', 'propose', 'auto']).default('propose'),
  /** Whether a crossing must be told from chance before it fires, or counts as it stands. */
  confirm: z.enum(['sequential', 'exact']).default('sequential'),
  baseline: z
    .strictObject({ over: duration.optional(), pinned: z.record(z.string(), quantity).default({}) })
    .prefault({}),
};
const triggerSettings = z.strictObject(triggerFields);
export type TriggerSettings = z.output<typeof triggerSettings>;
