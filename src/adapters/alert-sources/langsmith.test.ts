import { describe, expect, it } from 'vitest';
import { langsmithSource } from './langsmith.ts';
import {
  fixture,
  hexHmac,
  NOW,
  onlySignal,
  readBody,
  SECRET,
  SENDERS,
  servicesWith,
  TOKEN,
} from './test-builders.ts';

const services = servicesWith({
  alerts: [
    { from: 'langsmith', match: { title: 'low helpfulness' }, trigger: 'eval_score_drop' },
    {
      from: 'langsmith',
      match: { project: 'support-*', severity: '{urgent,high}' },
      trigger: 'eval_score_drop',
      without_value: 'trust',
    },
  ],
});
const source = langsmithSource({ secrets: [SECRET], senders: SENDERS, services });
const read = (body: unknown) => readBody(source, body);
const alert = (changes: Record<string, unknown> = {}) => ({ ...fixture('langsmith', 'alert'), ...changes });

describe('an alert', () => {
  it('carries its value and threshold, and says that no recovery will come', () => {
    const reading = read(alert());
    expect(onlySignal(reading)).toEqual({
      type: 'alert',
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      source: 'langsmith',
      service: 'support-agent',
      at: new Date('2026-11-23T02:40:00Z'),
      labels: { project: 'support-prod', attribute: 'feedback_score' },
      key: '3f2b8c1e-0d4a-4f53-9d3e-9f1c8e7a2b10@2026-11-23T02',
      status: 'firing',
      title: 'Low helpfulness',
      trigger: 'eval_score_drop',
      withoutValue: 'not_evaluable',
      value: 0.62,
      threshold: 0.8,
      neverRecovers: true,
    });
    expect(reading).toMatchObject({ note: expect.stringContaining('never says when it is over') });
  });

  it('is one question within an hour, and a new one in the next', () => {
    const [first, repeat, later] = ['02:40', '02:45', '03:05']
      .map((at) => readBody(source, alert({ timestamp: `2026-11-22T${at}:00Z` })))
      .map(onlySignal);
    const keys = [first, repeat, later].map((each) => each?.type === 'alert' && each.key);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
    expect(first?.id).not.toBe(repeat?.id);
  });

  it.each([
    ['text', '0.62', 0.62],
    ['no number', 'n/a', undefined],
    ['nothing', null, undefined],
  ])('whose value is %s', (_what, value, expected) => {
    const signal = onlySignal(read(alert({ triggered_metric_value: value })));
    expect(signal.type === 'alert' && signal.value).toBe(expected);
  });

  it.each([
    ['1795401600', '2026-11-23T02:40:00.000Z'],
    ['1795401600000', '2026-11-23T02:40:00.000Z'],
    ['some day', NOW.toISOString()],
    ['2027-01-01T00:00:00Z', NOW.toISOString()],
  ])('of %s happened at %s', (timestamp, at) => {
    expect(onlySignal(read(alert({ timestamp }))).at.toISOString()).toBe(at);
  });

  it('that is marked as a test declares nothing', () => {
    expect(read(alert({ is_test: true }))).toMatchObject({
      kind: 'nothing',
      why: expect.stringContaining('A test declares nothing'),
    });
  });
});

describe('an event of the Engine', () => {
  it('about a new issue is an alert with its own severity', () => {
    expect(onlySignal(read(fixture('langsmith', 'issue-created')))).toMatchObject({
      id: 'b91c1f0e-7c4a-4f53-9d3e-9f1c8e7a2b10',
      key: '9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d',
      at: new Date('2026-11-23T02:40:00Z'),
      title: 'Invented order numbers',
      labels: { project: 'support-prod', severity: 'high' },
      withoutValue: 'trust',
      neverRecovers: true,
    });
  });

  it('that no rule takes is reported with one for its project', () => {
    const body = JSON.stringify(fixture('langsmith', 'issue-created')).replace(
      '"severity":1',
      '"severity":3',
    );
    expect(read(body)).toMatchObject({
      report: {
        reason: expect.stringContaining(
          '{ from: langsmith, match: { project: "support-prod", severity: "*" }',
        ),
      },
    });
  });

  it.each([
    ['issue.trace.added', 'told already'],
    ['issue.agent_run.failed', 'are not used'],
  ])('%s is answered', (type, why) => {
    expect(read({ ...fixture('langsmith', 'issue-trace-added'), type })).toEqual({
      kind: 'nothing',
      why: expect.stringContaining(why),
    });
  });
});

describe('a delivery', () => {
  const authenticate = (headers: Record<string, string>) =>
    source.authenticate({ headers, body: Buffer.from('{}') }, NOW);

  it.each([
    ['signed', { 'x-langsmith-signature': `sha256=${hexHmac(SECRET, '{}')}` }],
    ['with a token', { authorization: `Bearer ${TOKEN}` }],
  ])('%s is taken', (_what, headers) => {
    expect(authenticate(headers).deliveryId).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    [
      'a wrong signature beside a right token',
      { 'x-langsmith-signature': 'sha256=00', authorization: `Bearer ${TOKEN}` },
      'fits no',
    ],
    ['nothing', {}, 'The token is missing'],
  ])('with %s is refused', (_what, headers, message) => {
    expect(() => authenticate(headers)).toThrow(message);
  });
});
