import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ServiceFile, serviceFile } from '../../src/catalogue/service-file.ts';
import { playbookFile } from '../../src/runbooks/schema.ts';
import type { Report } from '../../src/signals/signal.ts';
import { HOUR, MINUTE } from '../../src/time.ts';
import { NO_SUMS } from '../../src/triggers/baseline.ts';
import { evaluateTrigger } from '../../src/triggers/evaluate-trigger.ts';
import { type Check, type DistributionWindow, type Evidence, inOrder } from '../../src/triggers/evidence.ts';
import { rulesOf } from '../../src/triggers/overrides.ts';
import type { Finding } from '../../src/triggers/trigger.ts';

/** The rules as they are shipped, each at its documented limit and just beyond it. */
const playbook = playbookFile.parse(parse(readFileSync('runbooks/playbook.yaml', 'utf8')));
const NOW = new Date('2026-11-21T10:00:00Z');
const service = serviceFile.parse({
  service: 'a',
  tier: 1,
  owners: { team: 'ml' },
  slos: { retrieval_precision: { dimension: 'cognitive_accuracy', at_least: '80%' } },
  baseline: { pinned: { latency_p95: '2s' } },
});

const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * MINUTE);
const nothing: Evidence = { slis: new Map(), alerts: [], reports: [] };

/** A value each minute for some minutes up to now. */
function lasting(sli: string, value: number, forMinutes: number): Evidence {
  const checks = Array.from(
    { length: forMinutes + 1 },
    (_, minute): Check => ({ value, samples: 200, at: minutesAgo(minute), inIncident: false }),
  );
  return { ...nothing, slis: new Map([[sli, { checks: inOrder(checks), before: NO_SUMS }]]) };
}

function findings(
  trigger: string,
  evidence: Evidence,
  of: ServiceFile = service,
  before: readonly Finding[] = [],
): readonly Finding[] {
  const rule = rulesOf(playbook, of)[trigger];
  if (rule === undefined) throw new Error(`no trigger ${trigger}`);
  return evaluateTrigger(trigger, rule, of, evidence, new Map(before.map((each) => [each.key, each])), NOW);
}

function ofSli(trigger: string, sli: string, evidence: Evidence, of?: ServiceFile): Finding {
  const found = findings(trigger, evidence, of).find((finding) => finding.sli === sli);
  if (found === undefined) throw new Error(`${trigger} does not look at ${sli}`);
  return found;
}

function verdict(trigger: string, evidence: Evidence, before?: Finding, of = service): Finding {
  const [finding] = findings(trigger, evidence, of, before === undefined ? [] : [before]);
  if (finding === undefined) throw new Error('no finding');
  return finding;
}

describe('latency: more than twice the baseline for ten minutes (§D2)', () => {
  it('fires after ten minutes, not before and not at exactly twice', () => {
    expect(verdict('latency', lasting('latency_p95', 4.1, 10))).toMatchObject({
      state: 'firing',
      severity: 'SEV2',
      onset: minutesAgo(10),
      reason:
        'Latency p95 4.10 s is 2.05 times its baseline of 2.00 s (pinned; 200 samples; for 10 min). The limit is 2 times for 10 min.',
    });
    expect(verdict('latency', lasting('latency_p95', 4.1, 9)).state).toBe('suspected');
    expect(verdict('latency', lasting('latency_p95', 4, 30)).state).toBe('healthy');
  });

  it('is SEV1 above five times', () => {
    expect(verdict('latency', lasting('latency_p95', 10, 10)).severity).toBe('SEV2');
    expect(verdict('latency', lasting('latency_p95', 10.1, 10)).severity).toBe('SEV1');
  });

  it('clears at one and a half times, not in between', () => {
    const firing = verdict('latency', lasting('latency_p95', 5, 10));
    expect(verdict('latency', lasting('latency_p95', 3.5, 1), firing).state).toBe('firing');
    expect(verdict('latency', lasting('latency_p95', 3, 1), firing).state).toBe('healthy');
  });
});

describe('retrieval: precision below its SLO for five minutes (§D3)', () => {
  it('fires after five minutes below', () => {
    expect(verdict('retrieval', lasting('retrieval_precision', 0.79, 5))).toMatchObject({
      state: 'firing',
      severity: 'SEV3',
      reason:
        'Retrieval precision 79.0 % is below its SLO of 80.0 % (200 samples; for 5 min). The limit is 80.0 % for 5 min.',
    });
    expect(verdict('retrieval', lasting('retrieval_precision', 0.79, 4)).state).toBe('suspected');
    expect(verdict('retrieval', lasting('retrieval_precision', 0.8, 30)).state).toBe('healthy');
  });

  it('can not be evaluated without an SLO, and says so', () => {
    const without = { ...service, slos: {} };
    expect(verdict('retrieval', lasting('retrieval_precision', 0.1, 30), undefined, without)).toMatchObject({
      state: 'not_evaluable',
      reason: 'Retrieval precision: the service file has no SLO for it',
    });
  });
});

describe('structured output: parse errors above one percent (§D4)', () => {
  it('fires above, not at, one percent; SEV2 above five', () => {
    expect(verdict('structured_output', lasting('structured_output_error_rate', 0.01, 0)).state).toBe(
      'healthy',
    );
    expect(verdict('structured_output', lasting('structured_output_error_rate', 0.011, 0))).toMatchObject({
      state: 'suspected',
      isUnconfirmed: true,
      severity: 'SEV3',
      reason:
        'Structured output error rate 1.1 % is above 1.0 % (200 samples). The limit is 1.0 %. Suspected: a sample of this size may be chance; the next checks decide.',
    });
    expect(verdict('structured_output', lasting('structured_output_error_rate', 0.05, 0)).state).toBe(
      'firing',
    );
    expect(verdict('structured_output', lasting('structured_output_error_rate', 0.051, 0)).severity).toBe(
      'SEV2',
    );
  });
});

describe('user reports: three in an hour, and more than chance makes of the day before (§D5)', () => {
  const reports = (
    recent: number,
    dayBefore: number,
    category: Report['category'] = 'hallucination',
  ): Evidence => ({
    ...nothing,
    reports: [
      ...Array.from({ length: recent }, (_, i) => ({ category, at: minutesAgo(i + 1) })),
      ...Array.from({ length: dayBefore }, (_, i) => ({
        category,
        at: new Date(NOW.getTime() - HOUR - (i + 1) * 10 * MINUTE),
      })),
    ],
  });

  const verdict = (evidence: Evidence, before?: Finding): Finding => {
    const found = findings('user_reports', evidence, service, before === undefined ? [] : [before]);
    const finding = found.find(({ key }) => key === 'user_reports:reports');
    if (finding === undefined) throw new Error('no finding');
    return finding;
  };

  it('fires at three in a quiet day, not at two', () => {
    expect(verdict(reports(2, 0)).state).toBe('healthy');
    expect(verdict(reports(3, 0))).toMatchObject({
      state: 'firing',
      severity: 'SEV3',
      reason:
        '3 user reports of hallucination in the last 1 h; usual were 0.0 (the 1 d before), so chance alone brings as many 1 time in 15625. The limit is 3, and 1 time in 1000.',
    });
  });

  it('does not fire where that many are usual', () => {
    expect(verdict(reports(8, 48)).state).toBe('healthy');
    expect(verdict(reports(9, 48)).state).toBe('firing');
  });

  it('clears when half of what is above the usual is gone, not one by one', () => {
    const firing = verdict(reports(9, 48));
    expect(verdict(reports(6, 48), firing).state).toBe('firing');
    expect(verdict(reports(4, 48), firing).state).toBe('healthy');
    expect(verdict(reports(2, 0), firing).state).toBe('healthy');
  });

  it('is held against the time before it began, so that a wave of hours does not become the usual', () => {
    const wave = reports(7, 48);
    const firingSince = (onset: Date) => ({
      ...verdict(reports(8, 0)),
      onset,
    });
    expect(verdict(wave, firingSince(minutesAgo(9 * 60))).state).toBe('firing');
    expect(verdict(reports(4, 48), firingSince(minutesAgo(9 * 60))).state).toBe('firing');
    expect(verdict(reports(4, 48), firingSince(minutesAgo(60))).state).toBe('healthy');
  });

  it('says the same of reports that are counted elsewhere', () => {
    const counted = (recent: number, perHour: number): Finding => {
      const checks = Array.from({ length: 25 }, (_, hour) => ({
        at: minutesAgo(60 * hour),
        value: hour === 0 ? recent : perHour,
        windowSeconds: 3600,
        inIncident: false,
      }));
      const slis = new Map([['user_reports', { checks: inOrder(checks), before: NO_SUMS }]]);
      return ofSli('user_reports', 'user_reports', { ...nothing, slis });
    };
    expect(counted(2, 0).state).toBe('healthy');
    expect(counted(3, 0)).toMatchObject({ state: 'firing', severity: 'SEV3' });
    expect(counted(8, 2).state).toBe('healthy');
    expect(counted(9, 2).state).toBe('firing');
  });

  it('counts only the categories of the rule', () => {
    expect(verdict(reports(9, 0, 'slow')).state).toBe('healthy');
  });
});

describe('SLO burn: the documented pairs of windows (§D8)', () => {
  const promised: ServiceFile = {
    ...service,
    slos: { availability: { dimension: 'performance', at_least: 0.999 } },
  };
  const windows = [5 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, 72 * HOUR];
  /** So many bad of 100,000 answers in each window. */
  const burning = (...bad: readonly number[]): Evidence => ({
    ...nothing,
    burns: new Map([
      [
        'availability',
        {
          newest: NOW,
          withoutSamples: 0,
          windows: new Map(
            windows.map((ms, i) => [ms, { weighted: 100_000 - (bad[i] ?? 0), weight: 100_000 }]),
          ),
        },
      ],
    ]),
  });
  const found = (evidence: Evidence, of = promised, before: readonly Finding[] = []) =>
    findings('slo_burn', evidence, of, before).map(
      ({ key, state, severity }) => `${key} ${state} ${severity}`,
    );

  it('is SEV2, SEV3 and SEV4 by the factor', () => {
    expect(found(burning(1440, 600, 1440, 600, 100))).toEqual([
      'slo_burn:availability:14.4x firing SEV2',
      'slo_burn:availability:6x firing SEV3',
      'slo_burn:availability:1x firing SEV4',
    ]);
    expect(found(burning(1439, 599, 1440, 600, 99)).map((each) => each.split(' ')[1])).toEqual([
      'healthy',
      'healthy',
      'healthy',
    ]);
  });

  it('says how fast, over which windows, and how long the budget lasts', () => {
    expect(findings('slo_burn', burning(2200, 0, 2000, 0, 0), promised)[0]).toMatchObject({
      state: 'firing',
      value: 0.978,
      baseline: 0.999,
      onset: minutesAgo(600 / 11),
      reason:
        "Availability burns its error budget at 20 times the allowed rate over 1 h and 22 times over 5 min (SLO at least 99.9 %; 2000 of 100000 bad in 1 h). At this rate a month's budget lasts 1 d 12 h. The limit is 14.4 times over both.",
    });
  });

  it('goes on while the short window is above half, and is over below', () => {
    const before = findings('slo_burn', burning(1440, 0, 1440, 0, 0), promised);
    expect(found(burning(720, 0, 1440, 0, 0), promised, before)[0]).toContain('firing');
    expect(found(burning(719, 0, 1440, 0, 0), promised, before)[0]).toContain('healthy');
  });

  it('says why it can not be evaluated', () => {
    const why = (evidence: Evidence, of = promised) => findings('slo_burn', evidence, of)[0]?.reason;
    expect(why(nothing)).toBe('Availability: no data');
    expect(why(nothing, { ...service, slos: {} })).toBe(
      'SLO burn: the service file has no SLO of the dimension performance for a rate',
    );
    const empty = { newest: NOW, withoutSamples: 3, windows: new Map() };
    expect(why({ ...nothing, burns: new Map([['availability', empty]]) })).toBe(
      'Availability: its measurements carry no sample size, so they do not add up',
    );
  });
});

/** The service with this as what is normal of an SLI. */
const normally = (sli: string, value: number): ServiceFile => ({
  ...service,
  baseline: { pinned: { [sli]: value } },
});

describe('cost: twice the baseline for a quarter of an hour (§D6)', () => {
  it.each(['cost_per_task', 'tokens_per_request'])('%s', (sli) => {
    const state = (value: number, minutes: number) =>
      ofSli('cost', sli, lasting(sli, value, minutes), normally(sli, 10));
    expect(state(20.1, 15)).toMatchObject({ state: 'firing', severity: 'SEV3' });
    expect(state(20.1, 14).state).toBe('suspected');
    expect(state(20, 60).state).toBe('healthy');
  });
});

describe('vendor: errors above five percent, or three times the latency (§D7)', () => {
  it('fires after five minutes of errors', () => {
    const state = (value: number, minutes: number) =>
      ofSli('vendor', 'vendor_error_rate', lasting('vendor_error_rate', value, minutes));
    expect(state(0.051, 5)).toMatchObject({ state: 'firing', severity: 'SEV2' });
    expect(state(0.051, 4).state).toBe('suspected');
    expect(state(0.05, 60).state).toBe('healthy');
  });

  it('fires after ten minutes of slowness', () => {
    const state = (value: number) =>
      ofSli('vendor', 'vendor_latency', lasting('vendor_latency', value, 10), normally('vendor_latency', 1));
    expect(state(3.01)).toMatchObject({ state: 'firing', severity: 'SEV2' });
    expect(state(3).state).toBe('healthy');
  });

  it('is SEV1 where the service says that it has no fallback', () => {
    const alone = { ...service, triggers: { vendor: { severity: 'SEV1' as const } } };
    const evidence = lasting('vendor_error_rate', 0.2, 5);
    expect(ofSli('vendor', 'vendor_error_rate', evidence, alone).severity).toBe('SEV1');
  });
});

describe('safety: near-zero tolerance (§D9)', () => {
  it.each(['jailbreak_rate', 'pii_leak_count', 'guardrail_violation_rate'])('%s above zero', (sli) => {
    expect(ofSli('safety', sli, lasting(sli, 0.005, 0))).toMatchObject({ state: 'firing', severity: 'SEV1' });
    expect(ofSli('safety', sli, lasting(sli, 0, 60)).state).toBe('healthy');
    expect(playbook.triggers.safety?.kind).toBe('safety');
  });

  it('is not over with the next good minute, and is after an hour', () => {
    const minutes = (bad: number) => {
      const { slis } = lasting('pii_leak_count', 0, 70);
      const checks = (slis.get('pii_leak_count')?.checks ?? []).map((check) =>
        check.at.getTime() === minutesAgo(bad).getTime() ? { ...check, value: 1 } : check,
      );
      return { ...nothing, slis: new Map([['pii_leak_count', { checks, before: NO_SUMS }]]) };
    };
    expect(ofSli('safety', 'pii_leak_count', minutes(59))).toMatchObject({
      state: 'firing',
      onset: minutesAgo(59),
      reason:
        'PII leaks 0 is within 0 (200 samples). The limit is 0. It was not so 59 min before; that counts until it has been well for 1 h.',
    });
    expect(ofSli('safety', 'pii_leak_count', minutes(60)).state).toBe('healthy');
  });
});

describe('what is quiet: drift, freshness, cache, growth, bias (§D10 to §D14)', () => {
  const promised: ServiceFile = {
    ...service,
    slos: { data_freshness: { dimension: 'performance', at_most: 1800 } },
  };
  it.each([
    ['drift', 'input_drift', 0.25, 0.26, 0, service],
    ['drift', 'output_drift', 0.25, 0.26, 0, service],
    ['drift', 'embedding_drift', 0.25, 0.26, 0, service],
    ['freshness', 'data_freshness', 1800, 1801, 10, promised],
    ['cache', 'cache_hit_rate', 0.5, 0.49, 30, normally('cache_hit_rate', 0.6)],
    ['growth', 'index_size', 150, 151, 0, normally('index_size', 100)],
    ['growth', 'storage_growth', 20, 20.1, 0, normally('storage_growth', 10)],
  ] as const)('%s: %s at %f does not fire, at %f it does', (trigger, sli, at, beyond, minutes, of) => {
    expect(ofSli(trigger, sli, lasting(sli, at, 60), of).state).toBe('healthy');
    expect(ofSli(trigger, sli, lasting(sli, beyond, minutes), of)).toMatchObject({
      state: 'firing',
      severity: 'SEV4',
    });
    if (minutes > 0)
      expect(ofSli(trigger, sli, lasting(sli, beyond, minutes - 1), of).state).toBe('suspected');
  });

  it('bias: a gap of more than five points over the usual one, from 200 samples on', () => {
    const of = normally('bias_gap', 0.02);
    expect(ofSli('bias', 'bias_gap', lasting('bias_gap', 0.07, 0), of).state).toBe('healthy');
    expect(ofSli('bias', 'bias_gap', lasting('bias_gap', 0.071, 0), of)).toMatchObject({
      state: 'firing',
      severity: 'SEV4',
    });
  });
});

describe('drift of distributions: PSI above 0.25, or a mean half a standard deviation away (§D10)', () => {
  type Content = Pick<DistributionWindow, 'buckets' | 'summary'>;
  /** Daily windows of the past, then one now. */
  const windows = (usual: Content, now: Content, days = 6): readonly DistributionWindow[] =>
    Array.from({ length: days + 1 }, (_, daysAgo) => ({
      of: 'language',
      at: new Date(NOW.getTime() - daysAgo * 24 * HOUR),
      windowSeconds: 24 * 3600,
      inIncident: false,
      ...(daysAgo === 0 ? now : usual),
    }));
  const found = (distributions: readonly DistributionWindow[], before: readonly Finding[] = []): Finding => {
    const [finding] = findings('drift', { ...nothing, distributions }, service, before).filter(
      ({ sli }) => sli === undefined,
    );
    if (finding === undefined) throw new Error('no finding');
    return finding;
  };
  const mix = (de: number, en: number): Content => ({ buckets: { de, en } });
  const usual = mix(1000, 9000);

  it('names what moved most', () => {
    expect(found(windows(usual, mix(300, 700)))).toMatchObject({
      key: 'drift:distribution:language',
      state: 'firing',
      severity: 'SEV4',
      onset: new Date(NOW.getTime() - 24 * HOUR),
      reason:
        'Distribution of language is 0.27 from its usual by PSI (1000 against 60000 in 6 windows). Moved most: de 10.0 % → 30.0 %, en 90.0 % → 70.0 %. The limit is 0.25.',
    });
    expect(found(windows(usual, mix(290, 710))).state).toBe('healthy');
  });

  it('clears at half the limit', () => {
    const before = [found(windows(usual, mix(300, 700)))];
    expect(found(windows(usual, mix(240, 760)), before).state).toBe('firing');
    expect(found(windows(usual, mix(200, 800)), before).state).toBe('healthy');
  });

  it('is no drift where a sample of this size shows as much by chance', () => {
    const hundred = (count: (index: number) => number): Content => ({
      buckets: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`b${index}`, count(index)])),
    });
    const now = hundred((index) => (index % 2 === 0 ? 2 : 0));
    expect(
      found(
        windows(
          hundred(() => 300),
          now,
        ),
      ),
    ).toMatchObject({
      state: 'healthy',
      reason: expect.stringContaining('Samples of this size may show as much by chance.'),
    });
  });

  it('compares means where a summary is sent', () => {
    const summary = (mean: number): Content => ({ summary: { mean, sd: 100, count: 1000 } });
    expect(found(windows(summary(300), summary(351)))).toMatchObject({
      state: 'firing',
      reason:
        'Distribution of language averages 351, 0.51 standard deviations above its usual 300 ± 100 (1000 against 6000 in 6 windows). The limit is 0.5.',
    });
    expect(found(windows(summary(300), summary(350))).state).toBe('healthy');
    expect(found(windows(summary(300), summary(249))).state).toBe('firing');
  });

  it('says the same in any order, and with exact repeats', () => {
    const all = windows(usual, mix(300, 700));
    const once = found(all);
    fc.assert(
      fc.property(fc.shuffledSubarray([...all, ...all], { minLength: 14, maxLength: 14 }), (shuffled) => {
        expect(found(shuffled)).toEqual(once);
      }),
    );
  });

  it('learns nothing from incidents, and says what is missing', () => {
    const spoilt = windows(mix(5000, 5000), mix(500, 500)).map((each, index) =>
      index === 0 ? each : { ...each, inIncident: true },
    );
    expect(found(spoilt).reason).toBe(
      'Distribution of language: no baseline yet: 0 of 3 healthy windows in 7 d',
    );
    expect(found(windows(usual, mix(9, 90))).reason).toBe(
      'Distribution of language: only 99 in its newest window, 100 needed (counts, not shares)',
    );
    expect(found([]).reason).toBe('Input, output or model drift: no distribution was sent in 7 d');
  });
});

describe('user reports', () => {
  it('say the same in any order', () => {
    const reports = Array.from({ length: 12 }, (_, i) => ({
      category: 'hallucination' as const,
      at: minutesAgo(i * i * 7),
    }));
    const verdict = (evidence: Evidence) =>
      findings('user_reports', evidence).find(({ key }) => key === 'user_reports:reports');
    const once = verdict({ ...nothing, reports });
    expect(once?.state).toBe('healthy');
    fc.assert(
      fc.property(fc.shuffledSubarray(reports, { minLength: 12 }), (shuffled) => {
        expect(verdict({ ...nothing, reports: shuffled })).toEqual(once);
      }),
    );
  });
});

describe('the catalogue', () => {
  it('has the fourteen of §D, each once', () => {
    const sources = Object.values(playbook.triggers).map((rule) => rule.source);
    expect(sources).toEqual(Array.from({ length: 14 }, (_, index) => `§D${index + 1}`));
  });

  it('says of each why it can not be evaluated where nothing is sent, but for reports: none is none', () => {
    for (const name of Object.keys(playbook.triggers))
      for (const finding of findings(name, nothing))
        expect([finding.key, finding.state], finding.reason).toEqual([
          finding.key,
          finding.key === 'user_reports:reports' ? 'healthy' : 'not_evaluable',
        ]);
  });

  it('looks at about thirty things, so that an evaluation stays cheap', () => {
    const looked = Object.keys(playbook.triggers).flatMap((name) => findings(name, nothing));
    expect(looked.length).toBeLessThanOrEqual(30);
  });
});
