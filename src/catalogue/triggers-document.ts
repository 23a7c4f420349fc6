import { VENDOR_TRIGGER } from '../incidents/watch-vendor.ts';
import type { Playbook } from '../runbooks/schema.ts';
import { sliDefinition } from '../services/slis.ts';
import { formatDuration } from '../time.ts';
import { BASELINE_MIN_MEASUREMENTS, BASELINE_WINDOW } from '../triggers/baseline.ts';
import { MIN_HISTORY } from '../triggers/evaluate-count-spike.ts';
import { MIN_WINDOWS } from '../triggers/evaluate-drift.ts';
import { fittingKeys } from '../triggers/overrides.ts';
import { CHECKS_TO_CLEAR } from '../triggers/recovery.ts';
import type { Comparator, SpikeRule, TriggerRule } from '../triggers/schema.ts';
import { severityForTier } from '../triggers/severity.ts';
import { MOST_SLICE_LABELS, MOST_SLICES } from '../triggers/slice.ts';
import { overrideSnippet, valueInYaml } from './override-snippet.ts';

const INTRODUCTION = `# Triggers

Written by \`npm run triggers\` from [playbook.yaml](playbook.yaml) and the code; change those, not this file.

- **Baseline**: the mean of the last ${formatDuration(BASELINE_WINDOW)} weighted by samples, outside incidents, from at least ${BASELINE_MIN_MEASUREMENTS} measurements; \`baseline\` in the service file has another time, or a pinned value. What must last for a time is no part of its own baseline.
- **Slices**: with \`baseline: { slices: [language] }\` each value of that label is judged by itself, by the same limits and its own baseline: the ${MOST_SLICES} values measured last, of ${MOST_SLICE_LABELS} labels at most.
- **Suspected** is what crosses its limit but does not fire yet: it has not lasted for its time, or its sample may be chance. Only the latter is asked about.
- **For a time**: evidence throughout. One missed sample is forgiven, a hole of a third of the time is not. A measurement speaks for its \`window_s\`, so send that where values come seldom.
- **Samples**: fewer than the minimum confirm nothing: in one measurement, in the time that must last, or in the checks that confirm together. A rate that crosses its limit on a small sample is *suspected* until the checks that follow confirm it (\`confirm: sequential\`). Without \`samples\` a value counts as it stands.
- **It clears** when half of a drop, rise or ratio is regained, or when the value is back within its limit, unless a trigger says otherwise: a rate with \`samples\` in ${CHECKS_TO_CLEAR} checks in a row, or in fewer if their samples show it (20 to 1), since one good check may be chance as one bad one. With \`confirm: exact\`, \`for\` or no \`samples\` one good check clears it.
- **No data** is said to be no data, and neither fires nor clears anything. A measurement or distribution says nothing of now after two hours, or after three of its windows (\`window_s\`) where that is longer; one that aire polls after three polls instead of two hours.
- **Alerts** that \`sources.alerts\` ties to a trigger fire it too, with the severity of its last row: with a value as their sender compared it, without one where it says \`without_value: trust\`; else they are not evaluable. They clear when their sender resolves them.
- **Severity** is that of tier 0 and 1; tier 2 is one lower, tier 3 two, never below SEV4.

**To tune**, write \`triggers\` in the service file; what it leaves out stays. A trigger that cries wolf wants a higher limit,
a longer \`for\` or a larger \`min_samples\`; one that is late wants the opposite. \`declare: shadow\` counts what would have been
declared before anybody is asked. \`slis\` compares one SLI in another way, adds one of your own, or leaves one out; \`spike\` is for SLIs of the unit count:

\`\`\`yaml
triggers:
  latency: { ratio: 2.5, for: 15m }
  structured_output: { severity: SEV2 }     # at tier 1
  cost: { slis: { tokens_per_request: { ratio: 3, for: 1h } } }
  eval_score_drop: { slis: { refusal_rate: off } }
  growth: { off: true }
  safety: { slis: { injection_attempts: { spike: { at_least: 10, within: 1h, against: 7d } } } }
baseline: { over: 14d, pinned: { latency_p95: 2s } }
slis: { injection_attempts: { unit: count, better: lower } }
\`\`\`

\`aire check\` finds what does not fit, and \`aire backtest\` shows what it would have done.
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
    `Reference ${source}, kind \`${kind}\`${kind === 'safety' ? ' (an incident of its own)' : ''}${least}. It fires when`,
    '',
    ...firesWhen(name, rule).map((line) => `- ${line}`),
    '',
    '| | tier 0 and 1 | tier 2 | tier 3 |',
    '|---|---|---|---|',
    ...severityRows(rule),
    '',
    `Needs: ${needsOf(name, rule).join('; ')}.`,
    '',
    `Can be changed: ${fittingKeys(rule)
      .map((key) => `\`${key}\``)
      .join(', ')}. As it is:`,
    '',
    '```yaml',
    ...overrideSnippet(name, rule),
    '```',
    '',
    ...(name === VENDOR_TRIGGER ? STATUS_PAGE : []),
  ].join('\n');
}

const STATUS_PAGE: readonly string[] = [
  'A status page is named by its `status.json`:',
  '',
  '```yaml',
  'vendors:',
  '  - { name: openai, status: "https://status.openai.com/api/v2/status.json", every: 2m }',
  '```',
  '',
];

function firesWhen(name: string, rule: TriggerRule): readonly string[] {
  const { reports, burn_rate, drift } = rule;
  return [
    ...Object.entries(rule.slis).map(([sli, comparator]) => `\`${sli}\` ${inWords(sli, comparator)}`),
    ...(reports === undefined
      ? []
      : [
          `${reports.spike.at_least} or more user reports of ${reports.categories.join(' or ')} come within ${spikeInWords(reports.spike)}`,
        ]),
    ...(burn_rate?.windows ?? []).map(
      ({ factor, over, and }) =>
        `an error budget burns at ${factor} times the allowed rate or more over ${formatDuration(over)} and over ${formatDuration(and)}, with ${burn_rate?.min_bad} bad answers or more in the ${formatDuration(over)}; it clears when the ${formatDuration(and)} are below ${factor / 2} times`,
    ),
    ...(drift === undefined
      ? []
      : [
          `the newest window of a distribution is more than ${drift.psi} away (population stability index), or the mean of its summary more than ${drift.effect} standard deviations, from the ${formatDuration(drift.against)} before it, outside incidents, and chance shows as much less than ${drift.p} of the time`,
        ]),
    ...(name === VENDOR_TRIGGER
      ? [
          "the status page of one of the service's `vendors` reports an outage (`major` or `critical`); it clears when the page no longer does, and a page that can't be read says nothing",
        ]
      : []),
  ];
}

function spikeInWords({ at_least, within, against, p }: SpikeRule): string {
  return `${formatDuration(within)}, and chance brings as many less than ${p} of the time, given the ${formatDuration(against)} before (conditional Poisson test); it clears when half of what is above the usual is gone, or fewer than ${at_least} are left`;
}

function inWords(sli: string, comparator: Comparator): string {
  const { spike } = comparator;
  if (spike !== undefined) return `counts ${spike.at_least} or more within ${spikeInWords(spike)}`;
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

function needsOf(
  name: string,
  { slis, reports, burn_rate, drift, min_samples }: TriggerRule,
): readonly string[] {
  const entries = Object.entries(slis);
  const names = entries.map(([sli]) => `\`${sli}\` (${sliDefinition(sli).unit})`);
  const using = (test: (comparator: Comparator) => boolean): readonly string[] =>
    entries.flatMap(([sli, comparator]) => (test(comparator) ? [`\`${sli}\``] : []));
  const relative = using(({ drop, rise, ratio }) => (drop ?? rise ?? ratio) !== undefined);
  const promised = using(({ above, below }) => above === 'slo' || below === 'slo');
  const counted = using(({ spike }) => spike !== undefined);
  const ofSome = (some: readonly string[]): string =>
    some.length === entries.length ? '' : ` of ${some.join(', ')}`;
  return [
    ...(names.length === 0
      ? []
      : [`measurements of ${names.join(', ')}${names.length === 1 ? '' : ', any of them'}`]),
    ...(relative.length === 0 ? [] : [`a baseline${ofSome(relative)}`]),
    ...(promised.length === 0 ? [] : [`an SLO${ofSome(promised) || ' for it'} in the service file`]),
    ...(counted.length === 0
      ? []
      : [
          `\`window_s\` with each value of ${counted.join(', ')}, the time it counts for (3600 for an hour), and counts of at least ${MIN_HISTORY} times as long before`,
        ]),
    ...(reports === undefined
      ? []
      : [`${entries.length === 0 ? '' : 'or '}signals of type \`report\`; none is none`]),
    ...(burn_rate === undefined
      ? []
      : [
          `an SLO of the dimension ${burn_rate.dimensions.map((each) => `\`${each}\``).join(' or ')} on a rate, and measurements of it with \`samples\` (or \`good\` and \`total\`), some of them in the shorter window; what was bad before the end of a resolved incident about that budget counts no longer as bad, so that only what burns anew asks again`,
        ]),
    ...(drift === undefined
      ? []
      : [
          `or signals of type \`distribution\`, with \`buckets\` (counts, not shares) or a \`summary\` (\`mean\`, \`sd\`, \`count\`), ${min_samples} or more in the newest window, and as many in all of at least ${MIN_WINDOWS} before it; where the mix changes over the day, windows of a day`,
        ]),
    ...(name === VENDOR_TRIGGER
      ? ['or `vendors` in the service file, whose status pages aire reads every 2 min, or as `every` says']
      : []),
  ];
}

function points(share: number): number {
  return +(share * 100).toFixed(2);
}
