import { expect, test } from 'vitest';
import type { Alert } from '../signals/signal.ts';
import { NOW } from './test-builders.ts';
import type { VendorReading } from './vendor-status.ts';
import { vendorAlert } from './watch-vendor.ts';

const about = (last?: Alert, trigger: string | undefined = 'vendor') => ({
  service: 'support-agent',
  vendor: 'openai',
  last,
  trigger,
  now: NOW,
});
const says = (indicator: 'none' | 'maintenance' | 'minor' | 'major' | 'critical'): VendorReading => ({
  kind: 'read',
  indicator,
  description: 'Elevated errors',
});
const firing = (indicator: 'major' | 'critical'): Alert => {
  const alert = vendorAlert(about(), says(indicator));
  if (alert === undefined) throw new Error('no alert');
  return alert;
};

test('an outage fires, once for each status it has', () => {
  expect(firing('major')).toEqual({
    type: 'alert',
    id: 'support-agent:openai:major:2026-11-21T10:00:00.000Z',
    source: 'vendor',
    service: 'support-agent',
    at: NOW,
    labels: { vendor: 'openai', indicator: 'major' },
    key: 'vendor:openai',
    status: 'firing',
    title: 'openai reports major: Elevated errors',
    trigger: 'vendor',
    withoutValue: 'trust',
  });
  expect(vendorAlert(about(firing('major')), says('major'))).toBeUndefined();
  expect(vendorAlert(about(firing('major')), says('critical'))).toMatchObject({ status: 'firing' });
});

test.each(['none', 'maintenance', 'minor'] as const)('%s is no outage, and ends one', (indicator) => {
  expect(vendorAlert(about(), says(indicator))).toBeUndefined();
  const ended = vendorAlert(about(firing('critical')), says(indicator));
  expect(ended).toMatchObject({ status: 'resolved', key: 'vendor:openai' });
  expect(vendorAlert(about(ended), says(indicator))).toBeUndefined();
});

test('a page that can’t be read neither starts nor ends an outage', () => {
  const unreadable: VendorReading = { kind: 'unreadable', why: 'timeout' };
  expect(vendorAlert(about(), unreadable)).toBeUndefined();
  expect(vendorAlert(about(firing('major')), unreadable)).toBeUndefined();
});

test('without the trigger in the playbook it stands for none', () => {
  const { trigger, withoutValue } = vendorAlert({ ...about(), trigger: undefined }, says('major')) ?? {};
  expect([trigger, withoutValue]).toEqual([undefined, undefined]);
});
