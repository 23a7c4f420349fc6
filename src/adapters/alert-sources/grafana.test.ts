import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { grafanaSource } from './grafana.ts';
import {
  fixture,
  hexHmac,
  NOW,
  onlySignal,
  readBody,
  SECRET,
  SENDERS,
  servicesWith,
  signalsOf,
  TOKEN,
} from './test-builders.ts';

const services = servicesWith({
  alerts: [{ from: 'grafana', match: { title: 'hallucination*', env: 'prod' }, trigger: 'eval_score_drop' }],
});
const source = grafanaSource({ secrets: ['old', SECRET], senders: SENDERS, services });
const read = (body: unknown) => readBody(source, body);

function oneAlert(changes: Record<string, unknown>) {
  const [alert] = z.array(z.record(z.string(), z.unknown())).parse(fixture('grafana', 'resolved').alerts);
  return { ...fixture('grafana', 'resolved'), alerts: [{ ...alert, ...changes }] };
}

describe('a group', () => {
  it('becomes one alert signal for each alert, with its value and its panel', () => {
    const [first, second] = signalsOf(read(fixture('grafana', 'firing')));
    expect(first).toMatchObject({
      type: 'alert',
      source: 'grafana',
      service: 'support-agent',
      at: new Date('2026-11-23T02:40:10Z'),
      key: '57c6d9296de2ad39',
      status: 'firing',
      title: 'Hallucination rate high',
      url: 'https://grafana.example.com/d/quality?orgId=1&viewPanel=2',
      trigger: 'eval_score_drop',
      withoutValue: 'not_evaluable',
      value: 0.12,
    });
    expect(second).toMatchObject({
      title: 'DatasourceNoData',
      url: 'https://grafana.example.com/alerting/grafana/ae2/view?orgId=1',
    });
    expect(second).not.toHaveProperty('value');
  });

  it('resolved, has the key of what fired and is another signal', () => {
    const fired = signalsOf(read(fixture('grafana', 'firing')))[0];
    const resolved = onlySignal(read(fixture('grafana', 'resolved')));
    expect(resolved).toMatchObject({
      status: 'resolved',
      key: '57c6d9296de2ad39',
      at: new Date('2026-11-23T02:55:00Z'),
    });
    expect(resolved.id).not.toBe(fired?.id);
  });

  it('that tests the contact point declares nothing and says that it arrived', () => {
    expect(read(fixture('grafana', 'test'))).toEqual({
      kind: 'nothing',
      why: expect.stringContaining('A test declares nothing'),
    });
    // Control: an alert of that name from anywhere else is one.
    expect(read(oneAlert({ labels: { alertname: 'TestAlert', service: 'support-agent' } }))).toMatchObject({
      kind: 'signals',
      signals: [{ title: 'TestAlert' }],
    });
  });

  it.each([
    ['not JSON', '{'],
    ["Alertmanager's own", { version: '4', alerts: [] }],
    ['a custom payload', { text: 'x' }],
  ])('%s is unusable', (_what, body) => {
    expect(read(body)).toMatchObject({ kind: 'unusable', reason: expect.stringContaining('Grafana') });
  });
});

describe('the value of an alert', () => {
  it.each([
    ['the only number', { values: { A: 0.2 } }, 0.2],
    ['the only number, though it is 1', { values: { A: 1, C: 1 } }, 1],
    ['beside what the condition answers', { values: { A: 0.2, B: 0.2, C: 1 } }, 0.2],
    ['one of several, which is not guessed', { values: { A: 0.2, B: 0.3, C: 1 } }, undefined],
    ['in the text of older versions', { values: undefined }, 0.01],
    ['of an annotation, which comes first', { annotations: { value: '0.5' }, values: { A: 0.2 } }, 0.5],
    ['that is none', { values: undefined, valueString: '[ no value ]' }, undefined],
  ])('%s', (_what, changes, value) => {
    const signal = onlySignal(read(oneAlert(changes)));
    expect(signal.type === 'alert' && signal.value).toBe(value);
  });
});

describe('a delivery', () => {
  const body = '{"a":1}';
  const wall = String(NOW.getTime() / 1000);
  const authenticate = (headers: Record<string, string>) =>
    source.authenticate({ headers, body: Buffer.from(body) }, NOW);

  it.each([
    ['signed', { 'x-grafana-alerting-signature': hexHmac(SECRET, body) }],
    ['signed with the old secret', { 'x-grafana-alerting-signature': hexHmac('old', body) }],
    [
      'signed with its time',
      {
        'x-grafana-alerting-signature': hexHmac(SECRET, wall, ':', body),
        'x-grafana-alerting-timestamp': wall,
      },
    ],
    ['with a token', { authorization: `Bearer ${TOKEN}` }],
  ])('%s is taken', (_what, headers) => {
    expect(authenticate(headers).deliveryId).toMatch(/^[0-9a-f]{64}$/);
  });

  const stale = String(NOW.getTime() / 1000 - 301);
  it.each([
    ['with a wrong signature', { 'x-grafana-alerting-signature': hexHmac('x', body) }, 'fits no'],
    [
      'with half a signature',
      { 'x-grafana-alerting-signature': hexHmac(SECRET, body).slice(0, 32) },
      'fits no',
    ],
    [
      'with a wrong signature beside a right token',
      { 'x-grafana-alerting-signature': 'zz', authorization: `Bearer ${TOKEN}` },
      'fits no',
    ],
    [
      'whose time was not signed',
      { 'x-grafana-alerting-signature': hexHmac(SECRET, body), 'x-grafana-alerting-timestamp': wall },
      'fits no',
    ],
    [
      'of six minutes ago',
      {
        'x-grafana-alerting-signature': hexHmac(SECRET, stale, ':', body),
        'x-grafana-alerting-timestamp': stale,
      },
      'older than 5 minutes',
    ],
    ['with nothing', {}, 'The token is missing'],
  ])('%s is refused', (_what, headers, message) => {
    expect(() => authenticate(headers)).toThrow(message);
  });

  it('that is signed while there is no secret says which variable to set', () => {
    const unset = grafanaSource({ secrets: [], senders: SENDERS, services });
    expect(() =>
      unset.authenticate({ headers: { 'x-grafana-alerting-signature': 'aa' }, body: Buffer.from(body) }, NOW),
    ).toThrow('Set GRAFANA_WEBHOOK_SECRET');
  });
});
