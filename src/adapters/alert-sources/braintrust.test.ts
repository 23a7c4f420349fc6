import { expect, it } from 'vitest';
import { braintrustSource } from './braintrust.ts';
import { fixture, onlySignal, readBody, SENDERS, servicesWith } from './test-builders.ts';

const source = braintrustSource({
  senders: SENDERS,
  services: servicesWith({
    alerts: [
      { from: 'braintrust', match: { title: 'low *', project: 'support' }, trigger: 'eval_score_drop' },
    ],
  }),
});

it('an alert on logs fires without a value, and no recovery will come', () => {
  const signal = onlySignal(readBody(source, fixture('braintrust', 'logs')));
  expect(signal).toEqual({
    type: 'alert',
    id: expect.stringMatching(/^[0-9a-f]{64}$/),
    source: 'braintrust',
    service: 'support-agent',
    at: new Date('2026-11-23T02:40:00Z'),
    labels: {
      project: 'support',
      message: 'Low factuality: 5 logs triggered automation in the last 30 minutes',
      count: '5',
    },
    key: 'c5b32408-8568-4bff-9299-8cdd56979b67@2026-11-23T02',
    status: 'firing',
    title: 'Low factuality',
    url: 'https://www.braintrust.dev/app/acme/p/support/logs?search=1',
    trigger: 'eval_score_drop',
    withoutValue: 'not_evaluable',
    neverRecovers: true,
  });
});

it.each([
  ['test', 'A test declares nothing'],
  ['environment-update', 'alerts of type environment_update are not used'],
])('%s is answered and declares nothing', (name, why) => {
  expect(readBody(source, fixture('braintrust', name))).toEqual({
    kind: 'nothing',
    why: expect.stringContaining(why),
  });
});

it('what is no alert of Braintrust is unusable', () => {
  expect(readBody(source, { automation: {} })).toMatchObject({ kind: 'unusable' });
});
