import type { ServiceIdentity, Slo } from '../services/schema.ts';
import { type SliDefinition, sliDefinition } from '../services/slis.ts';
import { DAY, formatDuration, formatUtc } from '../time.ts';
import { type Burn, budgetOf, burnOf } from './burn-rate.ts';
import type { Evidence, RateSums } from './evidence.ts';
import { beyondSeverity } from './rule-severity.ts';
import type { BurnRule, BurnWindows, TriggerRule } from './schema.ts';
import type { Finding } from './trigger.ts';

/** A budget is for this long. */
const BUDGET_PERIOD = 30 * DAY;

/** The SLIs of a service that have an error budget: the rates it has an SLO of these dimensions for. */
export function burningSlis(
  { dimensions }: Pick<BurnRule, 'dimensions'>,
  service: Pick<ServiceIdentity, 'slos' | 'slis'>,
): readonly string[] {
  return Object.entries(service.slos).flatMap(([sli, { dimension }]) =>
    dimensions.includes(dimension) && sliDefinition(sli, service.slis).unit === 'rate' ? [sli] : [],
  );
}

/**
 * How fast the error budgets of a service burn: a finding for each SLO and each pair of windows, so that a slow burn that
 * turns into a fast one is news.
 */
export function evaluateBurn(
  name: string,
  rule: TriggerRule,
  burnRule: BurnRule,
  service: ServiceIdentity,
  evidence: Evidence,
  before: ReadonlyMap<string, Finding>,
): readonly Finding[] {
  const slis = burningSlis(burnRule, service);
  if (slis.length === 0)
    return [
      {
        key: `${name}:slo`,
        trigger: name,
        state: 'not_evaluable',
        severity: beyondSeverity(rule, service, 0),
        reason: `${rule.title}: the service file has no SLO of the dimension ${burnRule.dimensions.join(' or ')} for a rate`,
      },
    ];
  return slis.flatMap((sli) =>
    burnRule.windows.map((pair) => {
      const key = `${name}:${sli}:${pair.factor}x`;
      const known = before.get(key);
      // What an incident answered has to burn anew before it fires on.
      const answered = evidence.burns?.get(sli)?.answered?.until;
      const isAnswered = answered !== undefined && (known?.onset === undefined || known.onset <= answered);
      const wasFiring = known?.state === 'firing' && !isAnswered;
      return {
        key,
        trigger: name,
        ...findingOf({ rule, burnRule, service, evidence, sli, pair, wasFiring }),
      };
    }),
  );
}

interface Question {
  readonly rule: TriggerRule;
  readonly burnRule: BurnRule;
  readonly service: ServiceIdentity;
  readonly evidence: Evidence;
  readonly sli: string;
  readonly pair: BurnWindows;
  readonly wasFiring: boolean;
}

function findingOf(question: Question): Omit<Finding, 'key' | 'trigger'> {
  const { rule, burnRule, service, evidence, sli, pair, wasFiring } = question;
  const definition = sliDefinition(sli, service.slis);
  const base = { sli, severity: beyondSeverity(rule, service, pair.factor) };
  const notEvaluable = (why: string): Omit<Finding, 'key' | 'trigger'> => ({
    state: 'not_evaluable',
    reason: `${definition.title}: ${why}`,
    ...base,
  });

  const slo = service.slos[sli];
  const sums = evidence.burns?.get(sli);
  if (slo === undefined || sums === undefined) return notEvaluable('no data');
  if (budgetOf(slo) <= 0)
    return notEvaluable('its SLO allows nothing to be bad, so there is no error budget');
  const burn = burnOf(burnRule, pair, slo, sums, wasFiring);
  if (burn.samples === 0 && sums.withoutSamples > 0)
    return notEvaluable('its measurements carry no sample size, so they do not add up');
  if (burn.short === undefined) return notEvaluable(`no samples in the last ${formatDuration(pair.and)}`);
  if (!burn.fires && burn.samples < rule.min_samples)
    return notEvaluable(
      `only ${burn.samples} samples in ${formatDuration(pair.over)}, ${rule.min_samples} needed`,
    );
  const recent = sums.windows.get(pair.and);
  return {
    state: burn.fires && (wasFiring || burn.samples >= rule.min_samples) ? 'firing' : 'healthy',
    reason: reasonOf(definition, slo, burnRule, pair, burn) + answeredIn(sums),
    ...(recent === undefined ? {} : { value: recent.weighted / recent.weight }),
    baseline: slo.at_least ?? slo.at_most ?? 0,
    recoveredWithin: 0,
    observedAt: sums.newest,
    freshUntil: new Date(sums.newest.getTime() + pair.and),
    ...base,
    ...(burn.fires ? { onset: onsetOf(pair, burn, sums) } : {}),
  };
}

/** At the present rate, what burned in the long window took so long; not from before what is answered. */
function onsetOf({ over, and }: BurnWindows, { long, short }: Burn, { newest, answered }: RateSums): Date {
  const took = Math.min(over, Math.max(and, short === undefined || short === 0 ? 0 : (over * long) / short));
  return new Date(Math.max(newest.getTime() - took, (answered?.until.getTime() ?? 0) + 1));
}

function answeredIn({ answered }: RateSums): string {
  return answered === undefined
    ? ''
    : ` What was bad before ${formatUtc(answered.until)} is not counted: its incident was resolved then.`;
}

function reasonOf(
  definition: SliDefinition,
  slo: Slo,
  { min_bad }: BurnRule,
  { factor, over, and }: BurnWindows,
  { long, short = 0, bad, samples }: Burn,
): string {
  const promised =
    slo.at_least === undefined ? `at most ${percent(slo.at_most)}` : `at least ${percent(slo.at_least)}`;
  const few =
    long >= factor && short >= factor && bad < min_bad ? ` So few may be chance: ${min_bad} are needed.` : '';
  const lasts =
    long > 0 ? ` At this rate a month's budget lasts ${formatDuration(BUDGET_PERIOD / long)}.` : '';
  return (
    `${definition.title} burns its error budget at ${times(long)} times the allowed rate over ${formatDuration(over)} ` +
    `and ${times(short)} times over ${formatDuration(and)} (SLO ${promised}; ${Math.round(bad)} of ${Math.round(samples)} bad in ${formatDuration(over)}).` +
    `${lasts} The limit is ${factor} times over both.${few}`
  );
}

function times(burn: number): string {
  return burn >= 10 ? burn.toFixed(0) : burn.toFixed(1);
}

function percent(share = 0): string {
  return `${+(share * 100).toFixed(4)} %`;
}
