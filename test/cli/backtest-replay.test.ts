import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readRunbookFiles } from '../../src/adapters/files/yaml-files.ts';
import { type Catalogue, loadCatalogue } from '../../src/catalogue/load-catalogue.ts';
import { serviceFile } from '../../src/catalogue/service-file.ts';
import { type Played, play } from '../../src/cli/backtest/play.ts';
import type { Subject } from '../../src/cli/backtest/what-if.ts';
import { CHECKS_AT_ONCE, CHECKS_TO_CONFIRM, evidenceWanted } from '../../src/incidents/evidence-wanted.ts';
import { remember } from '../../src/incidents/remember-findings.ts';
import type { ServiceWatch } from '../../src/incidents/watch.ts';
import { HOUR, MINUTE, SECOND } from '../../src/time.ts';
import { evaluateTrigger } from '../../src/triggers/evaluate-trigger.ts';
import type { Check } from '../../src/triggers/evidence.ts';
import { rulesOf } from '../../src/triggers/overrides.ts';

let catalogue: Catalogue;
beforeAll(async () => {
  const context = { secrets: new Map(), hasPublicUrl: true };
  const files = await readRunbookFiles('runbooks');
  catalogue = loadCatalogue(
    files.filter(({ path }) => path === 'playbook.yaml'),
    context,
  );
});

/** A service whose baseline reaches back less far than the series. */
function subjectOf(trigger: string, sli: string): Subject {
  const service = serviceFile.parse({
    service: 'any',
    tier: 1,
    owners: { team: 'any' },
    baseline: { over: '6h' },
  });
  const rule = rulesOf(catalogue.playbook, service)[trigger];
  if (rule === undefined) throw new Error(`no ${trigger}`);
  return { trigger, sli, service, rule: { ...rule, slis: { [sli]: rule.slis[sli] ?? {} } } };
}

/** The same, each time from all that came before: everything filtered, nothing carried on but what is remembered. */
function playSlowly(
  { trigger, sli, rule, service }: Subject,
  series: readonly Check[],
  { learnsFromIncidents = false } = {},
): readonly Played[] {
  const wanted = evidenceWanted([rule], service);
  const history = wanted.history.get(sli);
  const inIncident = new Set<number>();
  let watch: ServiceWatch = { service: service.service, version: 0, findings: {} };
  return series.flatMap((check, index) => {
    const now = check.at.getTime();
    const known = new Map(Object.entries(watch.findings));
    const wasFiring = known.get(`${trigger}:${sli}`)?.state === 'firing';
    if (wasFiring) inIncident.add(index);
    const past = series
      .slice(0, index + 1)
      .map((each, at) => ({ ...each, inIncident: !learnsFromIncidents && inIncident.has(at) }))
      .filter(({ at }) => at.getTime() >= now - wanted.baselineWindow);
    const checks = past
      .filter(({ at }) => history === undefined || at.getTime() >= now - history)
      .slice(history === undefined ? -CHECKS_TO_CONFIRM : -CHECKS_AT_ONCE);
    const until = Math.min(checks[0]?.at.getTime() ?? now, now - (history ?? 0));
    const normal = wanted.baselines.has(sli)
      ? past.filter((each) => each.at.getTime() < until && !each.inIncident)
      : [];
    const before = {
      measurements: normal.length,
      weighted: normal.reduce((sum, { value, samples = 1 }) => sum + value * samples, 0),
      weight: normal.reduce((sum, { samples = 1 }) => sum + samples, 0),
    };
    const seen = { slis: new Map([[sli, { checks, before }]]), alerts: [], reports: [] };
    const found = evaluateTrigger(trigger, rule, service, seen, known, check.at);
    const [finding] = found;
    if (finding === undefined) return [];
    if (!(wasFiring && finding.state === 'not_evaluable'))
      watch = { ...watch, findings: remember(watch, found, check.at) };
    if (finding.state === 'firing' && !wasFiring)
      series.forEach(({ at }, nth) => {
        if (nth <= index && at >= (finding.onset ?? check.at)) inIncident.add(nth);
      });
    return [{ check, finding }];
  });
}

interface Stretch {
  readonly checks: number;
  /** How far beyond what is usual; 1 is about the limit. */
  readonly level: number;
  readonly minutes: number;
  readonly samples: number | undefined;
}
const stretch: fc.Arbitrary<Stretch> = fc.record({
  checks: fc.integer({ min: 1, max: 25 }),
  level: fc.constantFrom(0, 0, 0, 0.5, 1, 2),
  minutes: fc.constantFrom(1, 5, 5, 20, 90),
  samples: fc.constantFrom(undefined, 20, 60, 60, 250),
});

/** Values with some noise, in steps that sums add up without dust, in whatever order. */
function seriesOf(stretches: readonly Stretch[], valueAt: (level: number, noise: number) => number) {
  let at = Date.UTC(2026, 10, 10);
  return stretches.flatMap(({ checks, level, minutes, samples }, nth) =>
    Array.from({ length: checks }, (_, index): Check => {
      at += minutes * MINUTE;
      return {
        at: new Date(at),
        value: Math.round(1024 * valueAt(level, ((index * 7 + nth * 3) % 11) / 10 - 0.5)) / 1024,
        ...(samples === undefined ? {} : { samples }),
        windowSeconds: (minutes * MINUTE) / SECOND,
        inIncident: false,
      };
    }),
  );
}

const share = (level: number, noise: number) => 0.95 - 0.06 * level + 0.02 * noise;
const amount = (level: number, noise: number) => 1 + level + 0.2 * noise;

describe('a backtest says of each check what a replay from scratch says', () => {
  it.each([
    ['eval_score_drop', 'task_completion_rate', share],
    ['structured_output', 'structured_output_error_rate', (level: number) => 0.004 + 0.01 * level],
    ['cache', 'cache_hit_rate', (level: number, noise: number) => share(2 * level, noise)],
    ['latency', 'latency_p95', amount],
    ['cost', 'cost_per_task', amount],
    ['user_reports', 'user_reports', (level: number) => Math.round(2 + 4 * level)],
  ])('%s of %s', (trigger, sli, valueAt) => {
    const subject = subjectOf(trigger, sli);
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 14 }), (stretches) => {
        const series = seriesOf(stretches, valueAt);
        expect([...play(subject, series)]).toEqual(playSlowly(subject, series));
      }),
      { numRuns: 40 },
    );
  });

  it('and the series fire, clear and outlast the baseline (control)', () => {
    const subject = subjectOf('eval_score_drop', 'task_completion_rate');
    const well = { checks: 25, level: 0, minutes: 5, samples: 60 };
    const long = [well, well, { ...well, checks: 40, level: 2 }, well, { ...well, minutes: 20 }];
    const series = seriesOf(long, share);
    const played = [...play(subject, series)];
    const states = played.map(({ finding }) => finding.state);
    expect(new Set(states)).toEqual(new Set(['not_evaluable', 'healthy', 'suspected', 'firing']));
    expect((series.at(-1)?.at.getTime() ?? 0) - (series[0]?.at.getTime() ?? 0)).toBeGreaterThan(6 * HOUR);
    // A replay that learns from what fired says something else.
    expect(playSlowly(subject, series, { learnsFromIncidents: true })).not.toEqual(played);
  });
});
