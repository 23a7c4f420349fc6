import { stringify } from 'yaml';
import { sliDefinition } from '../services/slis.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../time.ts';
import { type Comparator, LIMITS, type SpikeRule, type TriggerRule } from '../triggers/schema.ts';

type InYaml = Readonly<Record<string, unknown>>;

/** A trigger as a service file would write it to change nothing: the lines to start from. */
export function overrideSnippet(name: string, rule: TriggerRule): readonly string[] {
  const { reports, burn_rate, drift } = rule;
  const override = {
    ...comparatorsInYaml(rule),
    ...(reports === undefined ? { min_samples: rule.min_samples } : {}),
    ...(reports === undefined ? {} : { spike: spikeInYaml(reports.spike) }),
    ...(burn_rate === undefined
      ? {}
      : {
          burn_rate: {
            ...burn_rate,
            windows: burn_rate.windows.map(({ factor, over, and }) => ({
              factor,
              over: durationInYaml(over),
              and: durationInYaml(and),
            })),
          },
        }),
    ...(drift === undefined ? {} : { drift: { ...drift, against: durationInYaml(drift.against) } }),
  };
  return ['triggers:', `  ${name}: ${inFlow(override)}`];
}

/** What all SLIs of a trigger have in common stands once; where they differ `slis` says it better. */
function comparatorsInYaml({ slis }: TriggerRule): InYaml {
  const each = Object.entries(slis).map(([sli, comparator]) => [sli, inYaml(sli, comparator)] as const);
  const common: Record<string, unknown> = {};
  for (const [, { hold: _hold, ...limits }] of each)
    for (const [key, value] of Object.entries(limits)) common[key] ??= value;
  // One more limit, or one that another SLI has otherwise, would be a change.
  const isCommon = each.every(([, limits]) =>
    Object.entries(common).every(([key, value]) =>
      key !== 'for' && limits[key] === undefined ? true : stringify(limits[key]) === stringify(value),
    ),
  );
  return isCommon ? common : { slis: Object.fromEntries(each) };
}

function inYaml(sli: string, comparator: Comparator): InYaml {
  const limits = LIMITS.flatMap((key): readonly (readonly [string, unknown])[] => {
    const value = comparator[key];
    if (value === undefined) return [];
    if (value === 'slo' || key === 'ratio') return [[key, value]];
    const isPoints = key === 'drop' || key === 'rise';
    return [[key, isPoints ? `${+(value * 100).toFixed(2)}pp` : valueInYaml(sli, value)]];
  });
  return {
    ...Object.fromEntries(limits),
    ...(comparator.spike === undefined ? {} : { spike: spikeInYaml(comparator.spike) }),
    ...(comparator.for === undefined ? {} : { for: durationInYaml(comparator.for) }),
    ...(comparator.hold === undefined ? {} : { hold: durationInYaml(comparator.hold) }),
  };
}

/** A limit as a file writes it: `1%` for a rate, else a number. */
export function valueInYaml(sli: string, value: number): string {
  return sliDefinition(sli).unit === 'rate' && value !== 0 ? `${+(value * 100).toFixed(4)}%` : String(value);
}

function spikeInYaml({ at_least, within, against, p }: SpikeRule): InYaml {
  return { at_least, within: durationInYaml(within), against: durationInYaml(against), p };
}

function durationInYaml(ms: number): string {
  for (const [unit, length] of [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
  ] as const)
    if (ms % length === 0) return `${ms / length}${unit}`;
  return `${ms / SECOND}s`;
}

function inFlow(value: object): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true })
    .trim()
    .replace(/"(-?\d+(?:\.\d+)?)"/g, '$1');
}
