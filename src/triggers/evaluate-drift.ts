import type { ServiceIdentity } from '../services/schema.ts';
import { formatDuration, SECOND } from '../time.ts';
import { bucketsOf, summariesOf, windowsInOrder } from './distribution-order.ts';
import { added, meanShiftOf, pooled, shiftOf, total } from './drift.ts';
import type { DistributionWindow, Evidence } from './evidence.ts';
import { freshUntil } from './freshness.ts';
import { plainSeverity } from './rule-severity.ts';
import type { DriftRule, TriggerRule } from './schema.ts';
import type { Finding } from './trigger.ts';

/** Fewer windows than this are nothing usual yet. */
export const MIN_WINDOWS = 3;
const NAMED_BUCKETS = 3;

/** The newest window of each distribution against those before it, outside incidents (reference §D10). */
export function evaluateDrift(
  name: string,
  rule: TriggerRule,
  drift: DriftRule,
  service: ServiceIdentity,
  evidence: Evidence,
  before: ReadonlyMap<string, Finding>,
  now: Date,
): readonly Finding[] {
  const severity = plainSeverity(rule, service);
  const byName = new Map<string, DistributionWindow[]>();
  for (const window of evidence.distributions ?? [])
    byName.set(window.of, [...(byName.get(window.of) ?? []), window]);
  if (byName.size === 0)
    return [
      {
        key: `${name}:distributions`,
        trigger: name,
        state: 'not_evaluable',
        severity,
        reason: `${rule.title}: no distribution was sent in ${formatDuration(drift.against)}`,
      },
    ];
  return [...byName].sort().map(([of, windows]) => {
    const key = `${name}:distribution:${of}`;
    const known = before.get(key);
    const fired = known?.state === 'firing' ? known : undefined;
    return { key, trigger: name, severity, ...judge(of, windowsInOrder(windows), rule, drift, fired, now) };
  });
}

type Judgement = Pick<Finding, 'state' | 'reason' | 'observedAt' | 'freshUntil' | 'onset'>;

function judge(
  of: string,
  windows: readonly DistributionWindow[],
  rule: TriggerRule,
  drift: DriftRule,
  fired: Finding | undefined,
  now: Date,
): Judgement {
  const notEvaluable = (why: string): Judgement => ({
    state: 'not_evaluable',
    reason: `Distribution of ${of}: ${why}`,
  });
  const newest = windows.at(-1);
  if (newest === undefined) return notEvaluable('no data');
  const length = (newest.windowSeconds ?? 0) * SECOND;
  const fresh = freshUntil(newest);
  if (now > fresh) return notEvaluable(`no data for ${formatDuration(now.getTime() - newest.at.getTime())}`);

  const began = new Date(newest.at.getTime() - length);
  const until = fired?.onset !== undefined && fired.onset < began ? fired.onset : began;
  const usual = windows.filter((each) => each !== newest && !each.inIncident && each.at <= until);
  const found = compare(newest, usual, rule.min_samples, drift, fired !== undefined);
  if (typeof found === 'string') return notEvaluable(found);
  return {
    state: found.fires ? 'firing' : 'healthy',
    reason: `Distribution of ${of} ${found.words}`,
    observedAt: newest.at,
    freshUntil: fresh,
    ...(found.fires ? { onset: fired?.onset ?? began } : {}),
  };
}

type Found = { readonly fires: boolean; readonly words: string };

/** A text says why there is nothing to compare. What fired stays so while half the limit is exceeded. */
function compare(
  newest: DistributionWindow,
  usual: readonly DistributionWindow[],
  minSamples: number,
  drift: DriftRule,
  fired: boolean,
): Found | string {
  const { buckets, summary } = newest;
  const counts = bucketsOf(usual);
  const summaries = summariesOf(usual);
  const windows = buckets === undefined ? summaries.length : counts.length;
  const size = buckets === undefined ? (summary?.count ?? 0) : total(buckets);
  const usualSize = buckets === undefined ? pooled(summaries).count : total(added(counts));
  if (size < minSamples)
    return `only ${size} in its newest window, ${minSamples} needed (counts, not shares)`;
  if (windows < MIN_WINDOWS)
    return `no baseline yet: ${windows} of ${MIN_WINDOWS} healthy windows in ${formatDuration(drift.against)}`;
  if (usualSize < minSamples) return `only ${usualSize} in all windows before, ${minSamples} needed`;
  const sizes = `${size} against ${usualSize} in ${windows} windows`;
  const decide = (extent: number, limit: number, chance: number): { fires: boolean; byChance: string } => {
    const fires = fired ? extent > limit / 2 : extent > limit && chance < drift.p;
    return {
      fires,
      byChance: extent > limit && !fires ? ' Samples of this size may show as much by chance.' : '',
    };
  };
  if (buckets !== undefined) {
    const { psi, chance, moved } = shiftOf(buckets, added(counts));
    const { fires, byChance } = decide(psi, drift.psi, chance);
    const most = moved
      .slice(0, NAMED_BUCKETS)
      .map(({ bucket, from, to }) => `${clipped(bucket)} ${percent(from)} → ${percent(to)}`)
      .join(', ');
    return {
      fires,
      words: `is ${psi.toFixed(2)} from its usual by PSI (${sizes}). Moved most: ${most}. The limit is ${drift.psi}.${byChance}`,
    };
  }
  if (summary === undefined) return 'it has neither buckets nor a summary';
  const before = pooled(summaries);
  if (before.sd === 0) return 'its usual values are all the same, so there is no spread to compare with';
  const { effect, chance } = meanShiftOf(summary, before);
  const { fires, byChance } = decide(Math.abs(effect), drift.effect, chance);
  return {
    fires,
    words:
      `averages ${short(summary.mean)}, ${Math.abs(effect).toFixed(2)} standard deviations ${effect < 0 ? 'below' : 'above'} ` +
      `its usual ${short(before.mean)} ± ${short(before.sd)} (${sizes}). The limit is ${drift.effect}.${byChance}`,
  };
}

/** Names come from outside, and three of them stand in a line. */
function clipped(name: string): string {
  return name.length > 40 ? `${name.slice(0, 39)}…` : name;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function short(value: number): string {
  return String(+value.toPrecision(4));
}
