import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError, messageOf } from '../../errors.ts';
import type { SignalSource } from '../../signals/receive-delivery.ts';
import { alertmanagerSource } from './alertmanager.ts';
import { braintrustSource } from './braintrust.ts';
import { datadogSource } from './datadog.ts';
import { githubSource } from './github.ts';
import { grafanaSource } from './grafana.ts';
import { langfuseSource } from './langfuse.ts';
import { langsmithSource } from './langsmith.ts';
import { otlpEvaluationsSource } from './otlp-evaluations.ts';
import { fixture, fixtureNames, NOW, readBody, SECRET, SENDERS, servicesWith } from './test-builders.ts';

// Rules that take everything, so that the property gets past the routing.
const services = servicesWith({
  alerts: (['alertmanager', 'grafana', 'datadog', 'langfuse', 'langsmith', 'braintrust'] as const).map(
    (from) => ({
      from,
      match: { title: '*' },
      trigger: 'eval_score_drop',
    }),
  ),
  changes: [
    { from: 'github', match: { repository: '*' }, what: 'deploy' },
    { from: 'langfuse', match: { prompt: '*' }, what: 'prompt' },
  ],
  evaluations: [{ name: 'Task completion', sli: 'task_completion_rate' }],
});
const all = { secrets: [SECRET], senders: SENDERS, services };
const SOURCES: readonly SignalSource[] = [
  alertmanagerSource(all),
  grafanaSource(all),
  githubSource(all),
  langfuseSource(all),
  langsmithSource(all),
  braintrustSource(all),
  datadogSource(all),
  otlpEvaluationsSource(all),
];

/** The value with one of its parts, however deep, replaced; `at` says which. */
function replaced(value: unknown, at: readonly number[], by: unknown): unknown {
  const [here, ...deeper] = at;
  if (here === undefined || value === null || typeof value !== 'object') return by;
  if (Array.isArray(value)) {
    const index = here % Math.max(1, value.length);
    return value.map((each: unknown, i) => (i === index ? replaced(each, deeper, by) : each));
  }
  const entries = Object.entries(value);
  const index = here % Math.max(1, entries.length);
  return Object.fromEntries(
    entries.map(([name, each], i) => [name, i === index ? replaced(each, deeper, by) : each]),
  );
}

describe.each(SOURCES.map((source) => [source.name, source] as const))('%s', (name, source) => {
  it('whatever JSON comes, it gives signals, refusals or a reason, and throws nothing', () => {
    const real = fc.constantFrom(...fixtureNames(name).map((each) => fixture(name, each)));
    const almost = fc
      .tuple(real, fc.array(fc.nat(50), { maxLength: 6 }), fc.jsonValue())
      .map(([value, at, by]) => replaced(value, at, by));
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(almost, real, fc.jsonValue(), fc.string()), (body) => {
        const reading = readBody(source, body);
        if (reading.kind === 'unusable') expect(reading.reason).not.toBe('');
        else if (reading.kind === 'nothing') expect(reading.why).not.toBe('');
        else {
          taken += reading.signals.length;
          expect(reading.signals.length + reading.refused.length).toBeGreaterThan(0);
          for (const { reason } of reading.refused) expect(reason).not.toBe('');
          for (const signal of reading.signals) {
            expect(signal).toMatchObject({ source: name, service: 'support-agent' });
            expect(signal.id).not.toBe('');
            expect(signal.at.getTime()).toBeLessThanOrEqual(NOW.getTime());
          }
        }
      }),
      { numRuns: 400 },
    );
    // Control: the property saw signals too.
    expect(taken).toBeGreaterThan(0);
  });

  it('does not read what nobody known has sent', () => {
    const body = Buffer.from('{');
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      {
        'x-grafana-alerting-signature': '00',
        'x-hub-signature-256': 'sha256=00',
        'x-langfuse-signature': 't=1,s=00',
        'x-langsmith-signature': 'sha256=00',
      },
    ]) {
      let thrown: unknown;
      try {
        source.authenticate({ headers, body }, NOW);
      } catch (error) {
        thrown = error;
      }
      expect(isAppError(thrown, 'delivery_unauthenticated'), messageOf(thrown)).toBe(true);
    }
  });
});
