import { describe, expect, it } from 'vitest';
import { langfuseSource } from './langfuse.ts';
import { fixture, hexHmac, NOW, onlySignal, readBody, SECRET, servicesWith } from './test-builders.ts';

type Sources = Parameters<typeof servicesWith>[0];
const sourceWith = (sources: Sources) =>
  langfuseSource({ secrets: ['old', SECRET], services: servicesWith(sources) });
const source = sourceWith({
  alerts: [
    {
      from: 'langfuse',
      match: { monitorId: 'monitor_abc123' },
      trigger: 'eval_score_drop',
      without_value: 'trust',
    },
  ],
  changes: [{ from: 'langfuse', match: { prompt: 'support' }, what: 'prompt' }],
});
const read = (name: string, from = source) => readBody(from, fixture('langfuse', name));

describe('an alert of a monitor', () => {
  it('fires without a value, and keeps the words of Langfuse', () => {
    const signal = onlySignal(read('alert'));
    expect(signal).toMatchObject({
      type: 'alert',
      id: '550e8400-e29b-41d4-a716-446655440000',
      key: 'monitor_abc123',
      status: 'firing',
      at: new Date('2026-11-23T02:40:00Z'),
      title: 'avg hallucination crossed alert threshold',
      url: 'https://cloud.langfuse.com/project/proj_xyz789/monitors/monitor_abc123',
      trigger: 'eval_score_drop',
      withoutValue: 'trust',
      labels: {
        severity: 'ALERT',
        message: 'avg hallucination is 0.12 (threshold: 0.05) over the last 1 hour',
      },
    });
    expect(signal).not.toHaveProperty('value');
  });

  it('that recovered has the key of what fired, though its title is another', () => {
    expect(onlySignal(read('recovered'))).toMatchObject({ key: 'monitor_abc123', status: 'resolved' });
  });

  it('without data is not trusted, whatever the rule says', () => {
    expect(onlySignal(read('no-data'))).toMatchObject({ status: 'firing', withoutValue: 'not_evaluable' });
  });

  it.each(['UNKNOWN', 'PAUSED'])('of severity %s says nothing', (severity) => {
    const body = JSON.stringify(fixture('langfuse', 'alert')).replace('"ALERT"', `"${severity}"`);
    expect(readBody(source, body)).toMatchObject({ kind: 'nothing', why: expect.stringContaining(severity) });
  });

  it('of nobody is reported with a rule that also takes its recovery', () => {
    expect(read('alert', sourceWith({}))).toMatchObject({
      signals: [],
      report: {
        reason: expect.stringContaining(
          'sources: { alerts: [ { from: langfuse, match: { monitorId: "monitor_abc123" }, trigger: … } ] }',
        ),
      },
    });
  });
});

describe('a version of a prompt', () => {
  it('that is served now is a change to it', () => {
    expect(onlySignal(read('prompt-version'))).toEqual({
      type: 'change',
      id: '650e8400-e29b-41d4-a716-446655440000:support-agent',
      source: 'langfuse',
      service: 'support-agent',
      at: new Date('2026-11-23T02:30:00Z'),
      labels: { prompt: 'support', version: 'v4', label: 'production, latest', action: 'updated' },
      what: 'prompt',
      to: 'v4',
    });
  });

  it('that lost its label, or never had it, is none; a rule may name another label', () => {
    expect(read('prompt-version-unlabelled')).toMatchObject({
      kind: 'nothing',
      why: expect.stringContaining('version 3 of the prompt support (labels: none)'),
    });
    const canary = sourceWith({
      changes: [{ from: 'langfuse', match: { prompt: 'support', label: 'canary' }, what: 'prompt' }],
    });
    expect(read('prompt-version', canary)).toMatchObject({ kind: 'nothing' });
    const body = JSON.stringify(fixture('langfuse', 'prompt-version')).replace('"latest"', '"canary"');
    expect(onlySignal(readBody(canary, body))).toMatchObject({ to: 'v4' });
  });

  it('that was deleted is what ran before', () => {
    const body = JSON.stringify(fixture('langfuse', 'prompt-version')).replace('"updated"', '"deleted"');
    const signal = onlySignal(readBody(source, body));
    expect(signal).toMatchObject({ from: 'v4' });
    expect(signal).not.toHaveProperty('to');
  });
});

it.each([
  ['another event', { ...fixture('langfuse', 'alert'), type: 'project-notification' }, 'nothing'],
  ['half an alert', { ...fixture('langfuse', 'alert'), payload: {} }, 'unusable'],
  ['half a version', { ...fixture('langfuse', 'prompt-version'), prompt: {} }, 'unusable'],
  ['something else', { a: 1 }, 'unusable'],
])('%s is answered', (_what, body, kind) => {
  expect(readBody(source, body)).toMatchObject({ kind });
});

describe('a delivery', () => {
  const seconds = NOW.getTime() / 1000;
  const authenticate = (signature: string | undefined) =>
    source.authenticate({ headers: { 'x-langfuse-signature': signature }, body: Buffer.from('{}') }, NOW);
  const signed = (at: number, secret = SECRET) => `t=${at},s=${hexHmac(secret, `${at}.{}`)}`;

  it('signed with a valid secret, lately, is taken', () => {
    expect(authenticate(signed(seconds)).deliveryId).toBe(
      authenticate(signed(seconds - 299, 'old')).deliveryId,
    );
  });

  it.each([
    ['a wrong secret', signed(seconds, 'x'), 'fits no'],
    ['the time of another signature', signed(seconds).replace(/t=\d+/, `t=${seconds + 1}`), 'fits no'],
    ['no time', `s=${hexHmac(SECRET, '{}')}`, 'fits no'],
    ['a time of six minutes ago', signed(seconds - 360), 'older than 5 minutes'],
    ['nothing', undefined, 'is missing'],
  ])('with %s is refused', (_what, signature, message) => {
    expect(() => authenticate(signature)).toThrow(message);
  });
});
