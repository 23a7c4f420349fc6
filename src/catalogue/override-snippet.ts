import { stringify } from 'yaml';
import { sliDefinition } from '../services/slis.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../time.ts';
import { COMPARATORS, type TriggerRule } from '../triggers/schema.ts';

/** A trigger as a service file would write it to change nothing: the lines to start from. */
export function overrideSnippet(name: string, rule: TriggerRule): readonly string[] {
  const { reports, burn_rate, drift } = rule;
  const comparators = Object.entries(rule.slis);
  const limits = COMPARATORS.flatMap((key) => {
    const values = comparators.flatMap(([sli, each]): readonly (string | number)[] => {
      const value = each[key];
      if (value === undefined) return [];
      if (value === 'slo' || key === 'ratio') return [value];
      return [key === 'drop' || key === 'rise' ? `${+(value * 100).toFixed(2)}pp` : valueInYaml(sli, value)];
    });
    return onlyOne(key, values);
  });
  const lasting = comparators.flatMap(([, each]) =>
    each.for === undefined ? [] : [durationInYaml(each.for)],
  );
  const override = Object.fromEntries([
    ...limits,
    ...onlyOne('for', lasting),
    ...(reports === undefined ? [['min_samples', rule.min_samples]] : []),
    ...(reports === undefined
      ? []
      : [
          [
            'spike',
            {
              at_least: reports.spike.at_least,
              within: durationInYaml(reports.spike.within),
              p: reports.spike.p,
            },
          ],
        ]),
    ...(burn_rate === undefined
      ? []
      : [['burn_rate', { dimensions: burn_rate.dimensions, min_bad: burn_rate.min_bad }]]),
    ...(drift === undefined
      ? []
      : [['drift', { against: durationInYaml(drift.against), psi: drift.psi, effect: drift.effect }]]),
  ]);
  return ['triggers:', `  ${name}: ${inFlow(override)}`];
}

/** A key whose value is the same for all SLIs of a trigger; where it differs `slis` says it better. */
function onlyOne<T>(key: string, values: readonly T[]): readonly (readonly [string, T])[] {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? [[key, first]] : [];
}

/** A limit as a file writes it: `1%` for a rate, else a number. */
export function valueInYaml(sli: string, value: number): string {
  return sliDefinition(sli).unit === 'rate' && value !== 0 ? `${+(value * 100).toFixed(4)}%` : String(value);
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
