import type { Playbook } from '../runbooks/schema.ts';
import { sliDefinition } from '../services/slis.ts';
import { formatDuration } from '../time.ts';
import { BASELINE_MIN_MEASUREMENTS, BASELINE_WINDOW } from '../triggers/baseline.ts';
import { fittingKeys } from '../triggers/overrides.ts';
import type { Comparator, TriggerRule } from '../triggers/schema.ts';
import { severityForTier } from '../triggers/severity.ts';
import { MOST_SLICE_LABELS, MOST_SLICES } from '../triggers/slice.ts';
import { overrideSnippet, valueInYaml } from './override-snippet.ts';

const INTRODUCTION = `# Triggers

Written by \`npm run triggers\` from [playbook.yaml](playbook.yaml) and the code; change those, not this file.

- **Baseline**: the mean of the last ${formatDuration(BASELINE_WINDOW)} weighted by samples, outside incidents, from at least ${BASELINE_MIN_MEASUREMENTS} measurements; or \`baseline: { pinned: { <sli>: … } }\` of the service file.
- **Slices**: with \`baseline: { slices: [language] }\` each value of that label is judged by itself, by the same limits and its own baseline: the ${MOST_SLICES} values measured last, of ${MOST_SLICE_LABELS} labels at most.
- **For a time**: evidence throughout. One missed sample is forgiven, a hole of a third of the time is not. A measurement speaks for its \`window_s\`, so send that where values come seldom.
- **Samples**: fewer than the minimum confirm nothing. A rate that crosses its limit on a small sample is *suspected* until the checks that follow confirm it (\`confirm: sequential\`). Without \`samples\` a value counts as it stands.
- **It clears** when half of the limit is regained, unless a trigger says otherwise.
- **No data** is said to be no data, and neither fires nor clears anything.
- **Severity** is that of tier 0 and 1; tier 2 is one lower, tier 3 two, never below SEV4.

**To tune**, write \`triggers\` in the service file; what it leaves out stays. A trigger that cries wolf wants a higher limit,
a longer \`for\` or a larger \`min_samples\`; one that is late wants the opposite. \`declare: shadow\` counts what would have been
declared before anybody is asked. \`off: true\` turns a trigger off, \`severity: SEV1\` sets its severity at tier 1. \`slis\`
compares one SLI in another way (\`slis: { tokens_per_request: { ratio: 3, for: 1h } }\`), adds one of your own, or leaves
one out (\`slis: { refusal_rate: off }\`). \`aire check\` finds what does not fit.
`;

/** `runbooks/TRIGGERS.md`: each trigger in words, what it needs, and how to tune it. */
export function triggersDocument(playbook: Playbook): string {
  const parts = Object.entries(playbook.triggers).map(([name, rule]) => sectionOf(name, rule));
  return `${[INTRODUCTION, ...parts].join('\n')}`;
}

function sectionOf(name: string, rule: TriggerRule): string {
  const { source, kind, min_samples, reports } = rule;
  const least =
    reports === undefined ? `, from ${min_samples} ${min_samples === 1 ? 'sample' : 'samples'} on` : '';
  return [
    `## \`${name}\`: ${rule.title}`,
    '',
    `Reference ${source}, kind \`${kind}\`${least}. It fires when`,
    '',
    ...firesWhen(rule).map((line) => `- ${line}`),
    '',
    '| | tier 0 and 1 | tier 2 | tier 3 |',
    '|---|---|---|---|',
    ...severityRows(rule),
    '',
    `Needs: ${needsOf(rule).join('; ')}.`,
    '',
    `Can be changed: ${fittingKeys(rule)
      .map((key) => `\`${key}\``)
      .join(', ')}. As it is:`,
    '',
    '```yaml',
    ...overrideSnippet(name, rule),
    '```',
    '',
  ].join('\n');
}

function firesWhen(rule: TriggerRule): readonly string[] {
  const { reports, burn_rate, drift } = rule;
  return [
    ...Object.entries(rule.slis).map(([sli, comparator]) => `\`${sli}\` ${inWords(sli, comparator)}`),
    ...(reports === undefined
      ? []
      : [
          `${reports.spike.at_least} or more user reports of ${reports.categories.join(' or ')} come within ${formatDuration(reports.spike.within)}, and chance brings as many less than ${reports.spike.p} of the time, given the ${formatDuration(reports.spike.against)} before (conditional Poisson test)`,
        ]),
    ...(burn_rate?.windows ?? []).map(
      ({ factor, over, and }) =>
        `an error budget burns at ${factor} times the allowed rate or more over ${formatDuration(over)} and over ${formatDuration(and)}, with ${burn_rate?.min_bad} bad answers or more; it clears when the ${formatDuration(and)} are below ${factor / 2} times`,
    ),
    ...(drift === undefined
      ? []
      : [
          `the newest window of a distribution is more than ${drift.psi} away (population stability index), or the mean of its summary more than ${drift.effect} standard deviations, from the ${formatDuration(drift.against)} before it, outside incidents, and chance shows as much less than ${drift.p} of the time`,
        ]),
  ];
}

function inWords(sli: string, comparator: Comparator): string {
  const { drop, rise, ratio, above, below } = comparator;
  const limit = (value: number | 'slo'): string =>
    value === 'slo' ? "the service's SLO" : valueInYaml(sli, value).replace('%', ' %');
  const condition =
    drop !== undefined
      ? `is more than ${points(drop)} points below its baseline`
      : rise !== undefined
        ? `is more than ${points(rise)} points above its baseline`
        : ratio !== undefined
          ? `is more than ${ratio} times its baseline`
          : above !== undefined
            ? `is above ${limit(above)}`
            : `is below ${limit(below ?? 0)}`;
  return [
    condition,
    ...(comparator.for === undefined ? [] : [` for ${formatDuration(comparator.for)}`]),
    ...(comparator.hold === undefined
      ? []
      : [`; it clears when it has been well for ${formatDuration(comparator.hold)}`]),
  ].join('');
}

function severityRows(rule: TriggerRule): readonly string[] {
  return rule.severity.map(({ beyond, is }, index) => {
    const when = beyond === undefined ? (index === 0 ? 'always' : 'else') : beyondInWords(rule, beyond);
    return `| ${when} | ${[1, 2, 3].map((tier) => severityForTier(is, tier)).join(' | ')} |`;
  });
}

function beyondInWords(rule: TriggerRule, beyond: number): string {
  if (rule.burn_rate !== undefined) return `a factor above ${beyond}`;
  const [sli, comparator] = Object.entries(rule.slis)[0] ?? ['', {}];
  if (comparator.ratio !== undefined) return `more than ${beyond} times`;
  if (comparator.drop !== undefined || comparator.rise !== undefined)
    return `more than ${points(beyond)} points`;
  return `${comparator.below === undefined ? 'above' : 'below'} ${valueInYaml(sli, beyond).replace('%', ' %')}`;
}

function needsOf({ slis, reports, burn_rate, drift }: TriggerRule): readonly string[] {
  const entries = Object.entries(slis);
  const names = entries.map(([sli]) => `\`${sli}\` (${sliDefinition(sli).unit})`);
  const uses = (test: (comparator: Comparator) => boolean): boolean =>
    entries.some(([, comparator]) => test(comparator));
  return [
    ...(names.length === 0
      ? []
      : [
          `measurements of ${names.join(', ')}${names.length === 1 ? '' : ', any of them'}, not older than two hours or three of their windows`,
        ]),
    ...(uses(({ drop, rise, ratio }) => (drop ?? rise ?? ratio) !== undefined) ? ['a baseline'] : []),
    ...(uses(({ above, below }) => above === 'slo' || below === 'slo')
      ? ['an SLO for it in the service file']
      : []),
    ...(reports === undefined ? [] : ['signals of type `report`; none is none']),
    ...(burn_rate === undefined
      ? []
      : [
          `an SLO of the dimension ${burn_rate.dimensions.map((each) => `\`${each}\``).join(' or ')} on a rate, and measurements of it with \`samples\` (or \`good\` and \`total\`)`,
        ]),
    ...(drift === undefined
      ? []
      : [
          'or signals of type `distribution`, with `buckets` (counts, not shares) or a `summary` (`mean`, `sd`, `count`), in at least 3 windows before the newest; where the mix changes over the day, windows of a day',
        ]),
  ];
}

function points(share: number): number {
  return +(share * 100).toFixed(2);
}
