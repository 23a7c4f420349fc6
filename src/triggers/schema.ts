import { z } from 'zod';
import { duration, points, share } from '../services/quantities.ts';
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

const comparator = z
  .strictObject({ drop: points.optional(), rise: points.optional() })
  .refine((value) => (value.drop === undefined) !== (value.rise === undefined), {
    error: 'compare by drop or by rise, one of them',
  });

/** A documented trigger, as `runbooks/playbook.yaml` writes it. */
export const triggerRule = z.strictObject({
  title: z.string().min(1),
  /** Where the practice is documented, such as `§D1`. */
  source: z.string(),
  kind: z.enum(KINDS),
  slis: z.record(z.string(), comparator),
  min_samples: z.int().min(1).default(30),
  /** At tier 1, worst first; the last one has no `beyond`. */
  severity: z
    .array(z.strictObject({ beyond: points.optional(), is: z.enum(SEVERITIES) }))
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
  declare: z.enum(['propose', 'auto']).default('propose'),
  baseline: z
    .strictObject({ over: duration.optional(), pinned: z.record(z.string(), share).default({}) })
    .prefault({}),
};
const triggerSettings = z.strictObject(triggerFields);
export type TriggerSettings = z.output<typeof triggerSettings>;
