import { expect, test } from 'vitest';
import { z } from 'zod';
import { serviceFields } from '../services/schema.ts';
import { routeAlert, type UnroutedAlert } from './route-alert.ts';
import { signalFields } from './schema.ts';

const file = z.strictObject({ ...serviceFields, ...signalFields });
type FileInput = z.input<typeof file>;

function service(name: string, over: Partial<FileInput> = {}) {
  return file.parse({ service: name, tier: 1, owners: { team: 'ml' }, ...over });
}
function matching(name: string, match: Record<string, string>, trigger = 'eval_score_drop') {
  return service(name, {
    sources: { alerts: [{ from: 'pagerduty', match, trigger, without_value: 'trust' }] },
  });
}
const OWNERS = { team: 'ml', pagerduty_service: 'PSVC1' };
const owning = service('owner', { owners: OWNERS });
const alert: UnroutedAlert = {
  from: 'pagerduty',
  title: 'High hallucination rate',
  labels: {},
  vendorService: { id: 'PSVC1', name: 'Support' },
};

test('the PagerDuty service comes first, then a match, then the label', () => {
  const match = matching('match', { title: '*hallucination*' });
  const label = service('label');
  const labelled = { ...alert, labels: { service: 'label' } };
  expect(routeAlert(labelled, [label, match, owning])).toEqual({ service: 'owner' });
  expect(routeAlert(labelled, [label, match])).toEqual({
    service: 'match',
    trigger: 'eval_score_drop',
    withoutValue: 'trust',
  });
  expect(routeAlert(labelled, [label])).toEqual({ service: 'label' });
});

test("the owner's own rules give the trigger, the first that matches", () => {
  const both = service('owner', {
    owners: OWNERS,
    sources: {
      alerts: [
        { from: 'pagerduty', match: { title: 'other*' }, trigger: 'latency' },
        { from: 'pagerduty', match: { title: 'high*' }, trigger: 'eval_score_drop' },
        { from: 'pagerduty', match: { title: '*' }, trigger: 'cost' },
      ],
    },
  });
  expect(routeAlert(alert, [matching('match', { title: '*' }), both])).toEqual({
    service: 'owner',
    trigger: 'eval_score_drop',
    withoutValue: 'not_evaluable',
  });
});

test.each([
  ['*hallucination*', 'High HALLUCINATION rate > 5 % / 1h', true],
  ['*hallucination*', 'Latency', false],
  ['High hallucination rate', 'High hallucination rate', true],
  ['High', 'High hallucination rate', false],
  ['High*', 'High/hallucination/rate', true],
  ['[P1] Answers (EU)', '[P1] Answers (EU)', true],
  ['Eval ?? drop', 'Eval 12 drop', true],
  ['{Eval,Score} drop', 'Score drop', true],
])('the glob %s and the title %s: %s', (title, actual, matched) => {
  const routed = routeAlert({ from: 'pagerduty', title: actual, labels: {} }, [matching('match', { title })]);
  expect(routed.service).toBe(matched ? 'match' : undefined);
});

test('every named part has to match, and a label that is missing does not', () => {
  const services = [matching('match', { title: '*', environment: 'prod*' })];
  const labelled = (labels: Record<string, string>) => routeAlert({ ...alert, labels }, services).service;
  expect(labelled({ environment: 'production' })).toBe('match');
  expect(labelled({ environment: 'staging' })).toBeUndefined();
  expect(labelled({})).toBeUndefined();
});

test('nobody owns it: what to add, in words that work when they are pasted', () => {
  expect(routeAlert(alert, [service('a')])).toEqual({
    service: undefined,
    whatToAdd:
      'No service file claims PagerDuty service PSVC1 (Support), which sent "High hallucination rate". Add to the file of the service it belongs to:  owners: { pagerduty_service: PSVC1 }',
  });
  const title = '[P1] "Answers" {EU} *';
  expect(routeAlert({ from: 'pagerduty', title, labels: {} }, [])).toEqual({
    service: undefined,
    whatToAdd:
      'No service file claims the alert "[P1] \\"Answers\\" {EU} *". Add to the file of the service it belongs to:  sources: { alerts: [ { from: pagerduty, match: { title: "[P1] \\"Answers\\" {EU} *" }, trigger: … } ] }',
  });
  expect(routeAlert({ from: 'pagerduty', title, labels: {} }, [matching('match', { title })]).service).toBe(
    'match',
  );
});

test('an alert with labels may also be labelled, or its label is what is wrong', () => {
  const adding = (labels: Record<string, string>) => {
    const route = routeAlert({ from: 'alertmanager', title: 'HighLatency', labels }, [service('support')]);
    return route.service === undefined ? route.whatToAdd : route.service;
  };
  const rule = 'sources: { alerts: [ { from: alertmanager, match: { title: "HighLatency" }, trigger: … } ] }';
  expect(adding({})).toContain(`${rule}  Or label the alert`);
  expect(adding({ service: 'suport' })).toContain('Or correct its label service: "suport"');
  expect(adding({ service: 'support' })).toBe('support');
});

test('a rule is for its own vendor only', () => {
  const rule = matching('match', { title: '*' });
  expect(routeAlert({ from: 'alertmanager', title: 'x', labels: {} }, [rule]).service).toBeUndefined();
});

test('a vendor service without a name, and one that nobody wrote down', () => {
  const unnamed = { ...alert, vendorService: { id: 'PX' } };
  expect(routeAlert(unnamed, [owning, service('none')])).toMatchObject({
    whatToAdd: expect.stringContaining('claims PagerDuty service PX, which sent'),
  });
  const { vendorService: _none, ...bare } = alert;
  expect(routeAlert(bare, [service('none')]).service).toBeUndefined();
});
