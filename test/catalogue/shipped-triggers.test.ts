import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { serviceFile } from '../../src/catalogue/service-file.ts';
import { playbookFile } from '../../src/runbooks/schema.ts';
import type { Report } from '../../src/signals/signal.ts';
import { HOUR, MINUTE } from '../../src/time.ts';
import { NO_SUMS } from '../../src/triggers/baseline.ts';
import { evaluateTrigger } from '../../src/triggers/evaluate-trigger.ts';
import { type Check, type Evidence, inOrder } from '../../src/triggers/evidence.ts';
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

function verdict(trigger: string, evidence: Evidence, before?: Finding, of = service): Finding {
  const rule = playbook.triggers[trigger];
  if (rule === undefined) throw new Error(`no trigger ${trigger}`);
  const [finding] = evaluateTrigger(
    trigger,
    rule,
    of,
    evidence,
    new Map(before === undefined ? [] : [[before.key, before]]),
    NOW,
  );
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

describe('user reports: three in an hour and more than three times the day before (§D5)', () => {
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

  it('fires at three in a quiet day, not at two', () => {
    expect(verdict('user_reports', reports(2, 0)).state).toBe('healthy');
    expect(verdict('user_reports', reports(3, 0))).toMatchObject({
      state: 'firing',
      severity: 'SEV3',
      reason:
        '3 user reports of hallucination in the last 1 h; usual were 0.0 (the day before). The limit is 3, and 3 times the usual.',
    });
  });

  it('does not fire where that many are usual', () => {
    expect(verdict('user_reports', reports(6, 48)).state).toBe('healthy');
    expect(verdict('user_reports', reports(7, 48)).state).toBe('firing');
  });

  it('counts only the categories of the rule', () => {
    expect(verdict('user_reports', reports(9, 0, 'slow')).state).toBe('healthy');
  });
});
