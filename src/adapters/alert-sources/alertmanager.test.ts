import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { serviceFields } from '../../services/schema.ts';
import type { Reading } from '../../signals/receive-delivery.ts';
import { signalFields } from '../../signals/schema.ts';
import type { Signal } from '../../signals/signal.ts';
import { alertmanagerSource } from './alertmanager.ts';

const NOW = new Date('2026-11-23T02:56:00Z');
const TOKEN = 'token-0123456789';
const file = z.strictObject({ ...serviceFields, ...signalFields });

function sourceFor(match: Record<string, string> = { title: 'hallucination*', env: 'prod*' }) {
  const service = file.parse({
    service: 'support-agent',
    tier: 1,
    owners: { team: 'ml' },
    sources: {
      alerts: [{ from: 'alertmanager', match, trigger: 'eval_score_drop', without_value: 'trust' }],
    },
  });
  const services = {
    get: (name: string) => [service].find((each) => each.service === name),
    all: () => [service],
  };
  return alertmanagerSource({ senders: [{ name: 'am', secrets: [TOKEN] }], services });
}
const fixture = (name: string): Record<string, unknown> =>
  z
    .record(z.string(), z.unknown())
    .parse(
      JSON.parse(
        readFileSync(new URL(`../../../test/fixtures/alertmanager/${name}.json`, import.meta.url), 'utf8'),
      ),
    );
const read = (body: unknown, source = sourceFor()) =>
  source.read(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), 'am', NOW);
function taken(reading: Reading) {
  if (reading.kind !== 'signals') throw new Error(`the group was not taken: ${JSON.stringify(reading)}`);
  return reading;
}
function onlyAlert(changes: Record<string, unknown>, groupChanges: Record<string, unknown> = {}) {
  const { alerts, ...group } = fixture('ha-first');
  const [alert] = z.array(z.record(z.string(), z.unknown())).parse(alerts);
  return { ...group, ...groupChanges, alerts: [{ ...alert, ...changes }] };
}
const only = (signals: readonly Signal[]) => {
  const [signal] = signals;
  if (signal?.type !== 'alert' || signals.length !== 1) throw new Error('not exactly one alert');
  return signal;
};

describe('a group', () => {
  it('becomes one alert signal for each alert', () => {
    const { signals, refused, ...rest } = taken(read(fixture('firing-group')));
    expect([refused, rest]).toEqual([[], { kind: 'signals' }]);
    expect(signals).toHaveLength(2);
    expect(signals[0]).toEqual({
      type: 'alert',
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      source: 'alertmanager',
      service: 'support-agent',
      at: new Date('2026-11-23T02:40:15.123Z'),
      labels: { alertname: 'HallucinationRateHigh', env: 'prod', severity: 'page', value: '0.1234' },
      key: 'a1f3c6e2b7d80914',
      status: 'firing',
      title: 'HallucinationRateHigh',
      url: 'http://prometheus.internal:9090/graph?g0.expr=hallucination_rate+%3E+0.05&g0.tab=1',
      trigger: 'eval_score_drop',
      withoutValue: 'trust',
      value: 0.1234,
    });
    // Claimed by its label `service`; NaN is no value.
    expect(signals[1]).toMatchObject({ title: 'LatencyHigh', service: 'support-agent' });
    expect(signals[1]).not.toHaveProperty('trigger');
    expect(signals[1]?.labels).not.toHaveProperty('value');
  });

  it('that is mixed is taken alert by alert, and what nobody claims is refused and reported', () => {
    const { signals, refused, report } = taken(read(fixture('mixed')));
    expect(
      signals.map((signal) => signal.type === 'alert' && [signal.title, signal.status, signal.at]),
    ).toEqual([
      ['HallucinationRateHigh', 'firing', new Date('2026-11-23T02:40:15.123Z')],
      ['LatencyHigh', 'resolved', new Date('2026-11-23T02:41:45Z')],
    ]);
    expect(refused).toEqual([
      {
        index: 2,
        id: 'c3f5e8a4d9fa2b36',
        code: 'unknown_service',
        reason: expect.stringContaining('"NodeDiskFull"'),
      },
    ]);
    expect(refused[0]?.reason).toContain('sources: { alerts: [ { from: alertmanager,');
    expect(refused[0]?.reason).toContain('service: …');
    expect(report?.reason).toBe(refused[0]?.reason);
  });

  it('that is truncated is taken, says so, and concludes nothing about the others', () => {
    const { signals, note } = taken(read(fixture('truncated')));
    expect(only(signals).status).toBe('firing');
    expect(note).toContain('left out 3 alerts');
  });

  it.each([
    ['not JSON', '{'],
    ['another version', { ...fixture('resolved'), version: '3' }],
    ['a custom payload', { text: 'x' }],
    ['no alerts', { version: '4' }],
  ])('%s is unusable', (_what, body) => {
    expect(read(body)).toMatchObject({ kind: 'unusable', reason: expect.stringContaining('payload') });
  });

  it('without alerts says nothing', () => {
    expect(read({ version: '4', alerts: [] })).toMatchObject({ kind: 'nothing' });
  });
});

describe('an alert', () => {
  it('is the same signal from both Alertmanagers of a cluster, and another one when it is resolved', () => {
    const [first, second, resolved] = ['ha-first', 'ha-second', 'resolved'].map((name) =>
      only(taken(read(fixture(name))).signals),
    );
    expect(second?.id).toBe(first?.id);
    expect(second?.key).toBe(first?.key);
    expect(resolved?.key).toBe(first?.key);
    expect(resolved?.id).not.toBe(first?.id);
  });

  it('that begins anew is another episode', () => {
    const first = only(taken(read(onlyAlert({}))).signals);
    const later = only(taken(read(onlyAlert({ startsAt: '2026-11-23T02:50:00Z' }))).signals);
    expect([later.id === first.id, later.key === first.key]).toEqual([false, true]);
  });

  it.each([
    ['firing', { startsAt: '2026-11-23T03:10:00Z' }, NOW],
    ['resolved', { status: 'resolved', endsAt: '2026-11-23T03:10:00Z' }, NOW],
    ['resolved at an unknown time', { status: 'resolved', endsAt: '0001-01-01T00:00:00Z' }, NOW],
    ['resolved without a time', { status: 'resolved', endsAt: undefined }, NOW],
    ['resolved', { status: 'resolved', endsAt: '2026-11-23T02:55:00Z' }, new Date('2026-11-23T02:55:00Z')],
  ])('%s, never in the future: %j', (_what, changes, at) => {
    expect(only(taken(read(onlyAlert(changes))).signals).at).toEqual(at);
  });

  it.each([
    ['https://p/graph?x=1', 'http://am:9093', 'https://p/graph?x=1'],
    ['', 'http://am:9093', 'http://am:9093/'],
    ['javascript:alert(1)', 'http://ana:secret@am:9093/x', 'http://am:9093/x'],
    [`https://p/?q=${'x'.repeat(3000)}`, 'ftp://am', undefined],
    [undefined, undefined, undefined],
  ])('leads to %s or %s', (generatorURL, externalURL, url) => {
    expect(only(taken(read(onlyAlert({ generatorURL }, { externalURL }))).signals).url).toBe(url);
  });

  it.each([
    ['no fingerprint', { fingerprint: '' }],
    ['another status', { status: 'suppressed' }],
    ['no time', { startsAt: 'yesterday' }],
    ['labels that are no text', { labels: { a: 1 } }],
  ])('with %s is refused, reported, and costs no other', (_what, changes) => {
    const body = onlyAlert(changes);
    const { signals, refused, report } = taken(
      read({ ...body, alerts: [...body.alerts, ...onlyAlert({}).alerts] }),
    );
    expect([signals.length, refused.map((each) => [each.index, each.code])]).toEqual([
      1,
      [[0, 'unreadable']],
    ]);
    expect(report?.reason).toContain("An alert can't be read: ");
  });

  it('without a name is routed by its labels', () => {
    const signal = only(taken(read(onlyAlert({ labels: { service: 'support-agent' } }))).signals);
    expect(signal.title).toBe('alert without a name');
  });
});

describe('a report of refused alerts', () => {
  const reportOf = (body: unknown, source = sourceFor()) => taken(read(body, source)).report;
  const disk = (name: string) => onlyAlert({ labels: { alertname: name } });

  it('has one key for the same alerts, until the rules change', () => {
    expect(reportOf(fixture('mixed'))?.key).toBe(
      reportOf({ ...fixture('mixed'), externalURL: 'http://am-1' })?.key,
    );
    expect(reportOf(disk('A'))?.key).not.toBe(reportOf(disk('B'))?.key);
    expect(reportOf(disk('A'))?.key).not.toBe(reportOf(disk('A'), sourceFor({ title: 'C' }))?.key);
  });

  it('names five reasons at most', () => {
    const alerts = Array.from({ length: 8 }, (_, i) => disk(`Disk${i}`).alerts).flat();
    const lines = reportOf({ ...disk('x'), alerts })?.reason.split('\n') ?? [];
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toBe('And 3 more like these.');
  });
});

describe('a delivery', () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const idOf = (body: string, source = sourceFor()) =>
    source.authenticate({ headers, body: Buffer.from(body) }, NOW);

  it('is known by its bytes, under its sender', () => {
    expect(idOf('{"a":1}')).toEqual(idOf('{"a":1}'));
    expect(idOf('{"a":1}').deliveryId).not.toBe(idOf('{"a":2}').deliveryId);
    expect(idOf('{}').sender).toBe('am');
  });

  it('is read again after the rules changed', () => {
    expect(idOf('{}').deliveryId).not.toBe(idOf('{}', sourceFor({ title: 'other' })).deliveryId);
  });

  it('with a wrong token is refused', () => {
    expect(() =>
      sourceFor().authenticate(
        { headers: { authorization: `Bearer ${TOKEN}x` }, body: Buffer.from('{}') },
        NOW,
      ),
    ).toThrow('none of AIRE_ALERT_TOKENS');
  });
});
