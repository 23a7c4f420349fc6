import { describe, expect, it } from 'vitest';
import { datadogSource } from './datadog.ts';
import { fixture, onlySignal, readBody, SENDERS, servicesWith } from './test-builders.ts';

const source = datadogSource({
  senders: SENDERS,
  services: servicesWith({
    alerts: [
      {
        from: 'datadog',
        match: { title: 'Hallucination rate high', env: 'prod' },
        trigger: 'eval_score_drop',
        without_value: 'trust',
      },
    ],
  }),
});
const read = (changes: Record<string, unknown>, name = 'triggered') =>
  readBody(source, { ...fixture('datadog', name), ...changes });

describe('a monitor', () => {
  it('that triggered fires; its tags are labels, and its title is without what happened to it', () => {
    const signal = onlySignal(read({}));
    expect(signal).toMatchObject({
      type: 'alert',
      service: 'support-agent',
      key: '5712345678901234999',
      at: new Date('2026-11-23T02:40:00Z'),
      status: 'firing',
      title: 'Hallucination rate high',
      trigger: 'eval_score_drop',
      withoutValue: 'trust',
      url: 'https://app.datadoghq.com/event/event?id=7612345678901234567',
      labels: { env: 'prod', team: 'ml', monitor: '1234', priority: 'P2' },
    });
    expect(signal).not.toHaveProperty('value');
  });

  it('that recovered has the key of what fired', () => {
    expect(onlySignal(read({}, 'recovered'))).toMatchObject({
      key: '5712345678901234999',
      status: 'resolved',
      title: 'Hallucination rate high',
    });
  });

  it.each([
    ['Re-Triggered', 'firing', 'trust'],
    ['Renotify', 'firing', 'trust'],
    ['Warn', 'firing', 'trust'],
    ['No Data', 'firing', 'not_evaluable'],
    ['Recovered', 'resolved', 'trust'],
  ])('whose transition is %s is %s', (transition, status, withoutValue) => {
    expect(onlySignal(read({ transition }))).toMatchObject({ status, withoutValue });
  });

  it.each([
    ['an unknown transition', { transition: 'Muted' }, 'says neither'],
    ['no transition', { transition: '$ALERT_TRANSITION' }, 'says neither'],
    ['no cycle', { cycle: '$ALERT_CYCLE_KEY' }, 'cycle ($ALERT_CYCLE_KEY)'],
    ['no title', { title: '' }, 'title ($EVENT_TITLE)'],
    ['another payload', { aire: undefined }, 'Paste it into Payload'],
  ])('with %s is unusable and says why', (_what, changes, reason) => {
    expect(read(changes)).toEqual({ kind: 'unusable', reason: expect.stringContaining(reason) });
  });

  it('keeps what stands in brackets and is no state', () => {
    expect(onlySignal(read({ title: '[EU] Hallucination [beta]' }))).toMatchObject({
      title: '[EU] Hallucination [beta]',
    });
  });
});

it('a test notification declares nothing', () => {
  expect(read({}, 'test')).toMatchObject({
    kind: 'nothing',
    why: expect.stringContaining('A test declares nothing'),
  });
});
