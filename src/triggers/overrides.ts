import { z } from 'zod';
import { duration, points, quantity } from '../services/quantities.ts';
import {
  burnFields,
  comparator,
  driftFields,
  LIMITS,
  ratio,
  spikeFields,
  type TriggerRule,
} from './schema.ts';
import { SEVERITIES } from './severity.ts';

/** What a service changes of a documented trigger; what it leaves out stays as the playbook says. */
const override = z.strictObject({
  off: z.boolean().optional(),
  /** For each SLI of the trigger that is compared in this way. */
  drop: points.optional(),
  rise: points.optional(),
  ratio: ratio.optional(),
  above: z.union([z.literal('slo'), quantity]).optional(),
  below: z.union([z.literal('slo'), quantity]).optional(),
  /** For each SLI of the trigger. */
  for: duration.optional(),
  /** One SLI compared in another way, one more SLI, or one less. */
  slis: z.record(z.string(), z.union([z.literal('off'), comparator])).optional(),
  min_samples: z.int().min(1).optional(),
  /** At tier 1, however far beyond the limit. */
  severity: z.enum(SEVERITIES).optional(),
  spike: z.strictObject(spikeFields).partial().optional(),
  burn_rate: z.strictObject(burnFields).partial().optional(),
  drift: z.strictObject(driftFields).partial().optional(),
});
export type TriggerOverride = z.output<typeof override>;

/** The part of the service file that changes triggers. */
export const overrideFields = { triggers: z.record(z.string(), override).default({}) };

type Rules = Readonly<Record<string, TriggerRule>>;

/** The triggers that hold for a service: the playbook's with its overrides, without those it turned off. */
export function rulesOf(
  playbook: { readonly triggers: Rules },
  service: { readonly triggers: Readonly<Record<string, TriggerOverride>> },
): Rules {
  return Object.fromEntries(
    Object.entries(playbook.triggers).flatMap(([name, rule]) => {
      const change = service.triggers[name];
      if (change === undefined) return [[name, rule]];
      return change.off === true ? [] : [[name, changed(rule, change)]];
    }),
  );
}

/** The keys of an override that mean nothing for its trigger. */
export function unfitKeys(rule: TriggerRule, change: TriggerOverride): readonly string[] {
  const fitting = fittingKeys(rule);
  return Object.keys(change).filter((key) => !fitting.includes(key));
}

/** What of a trigger a service can change. */
export function fittingKeys(rule: TriggerRule): readonly string[] {
  const comparators = Object.values(rule.slis);
  return [
    ...LIMITS.filter((name) => comparators.some((each) => each[name] !== undefined)),
    ...(comparators.some((each) => each.spike === undefined) ? ['for'] : []),
    ...(comparators.length === 0 ? [] : ['slis']),
    ...(rule.reports !== undefined || comparators.some((each) => each.spike !== undefined) ? ['spike'] : []),
    ...(rule.burn_rate === undefined ? [] : ['burn_rate']),
    ...(rule.drift === undefined ? [] : ['drift']),
    ...(rule.reports === undefined ? ['min_samples'] : []),
    'severity',
    'off',
  ];
}

function changed(rule: TriggerRule, change: TriggerOverride): TriggerRule {
  const slis = { ...mapValues(rule.slis, (each) => compared(each, change)), ...change.slis };
  return {
    ...rule,
    slis: Object.fromEntries(
      Object.entries(slis).flatMap(([sli, each]) => (each === 'off' ? [] : [[sli, each] as const])),
    ),
    min_samples: change.min_samples ?? rule.min_samples,
    severity: change.severity === undefined ? rule.severity : [{ is: change.severity }],
    reports: rule.reports && { ...rule.reports, spike: merged(rule.reports.spike, change.spike) },
    burn_rate: rule.burn_rate && merged(rule.burn_rate, change.burn_rate),
    drift: rule.drift && merged(rule.drift, change.drift),
  };
}

/** A change over what it changes; what it leaves out stays. */
function merged<T extends object>(
  was: T,
  change: { readonly [Key in keyof T]?: T[Key] | undefined } = {},
): T {
  const next = { ...was };
  for (const key of Object.keys(was) as (keyof T)[]) next[key] = change[key] ?? was[key];
  return next;
}

type Comparator = TriggerRule['slis'][string];

function compared(was: Comparator, change: TriggerOverride): Comparator {
  if (was.spike !== undefined) return { ...was, spike: merged(was.spike, change.spike) };
  const limits = LIMITS.filter((name) => was[name] !== undefined && change[name] !== undefined);
  return {
    ...was,
    ...Object.fromEntries(limits.map((name) => [name, change[name]])),
    ...(change.for === undefined ? {} : { for: change.for }),
  };
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
