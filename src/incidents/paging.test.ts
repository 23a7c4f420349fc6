import { describe, expect, it } from 'vitest';
import type { Incident } from './incident.ts';
import { pageKey } from './pager.ts';
import { pageOf, pageWhenBad, whoIsPaged } from './paging.ts';
import { after, anIncident, aService } from './test-builders.ts';
import type { WatchedFinding } from './watch.ts';

const TCR = 'eval_score_drop:task_completion_rate';
const ALERT = 'eval_score_drop:alert:PINC1';
const owned = aService({ owners: { team: 'ml', pagerduty_service: 'PSVC1', escalation_policy: 'PESC1' } });
const unowned = aService();

const finding = (over: Partial<WatchedFinding> = {}): WatchedFinding => ({
  key: TCR,
  trigger: 'eval_score_drop',
  state: 'firing',
  severity: 'SEV2',
  reason: 'It fell.',
  since: after(-5),
  ...over,
});
const rung = (vendorService: string, source = 'pagerduty', state: WatchedFinding['state'] = 'firing') =>
  finding({ key: ALERT, state, alert: { source, vendorService } });

function decide(
  over: {
    incident?: Partial<Incident>;
    findings?: readonly WatchedFinding[];
    isPaged?: boolean;
    service?: typeof owned | undefined;
  } = {},
  occasion: Parameters<typeof whoIsPaged>[1] = 'declared',
) {
  const findings = over.findings ?? [finding()];
  const keys = findings.map((each) => each.key);
  return whoIsPaged(
    {
      incident: anIncident({ findings: keys, ...over.incident }),
      service: 'service' in over ? over.service : owned,
      watch: {
        service: 'support-agent',
        version: 1,
        findings: Object.fromEntries(findings.map((each) => [each.key, each])),
      },
      isPaged: over.isPaged ?? false,
    },
    occasion,
  );
}

const PAGED = { kind: 'page', service: 'PSVC1', escalationPolicy: 'PESC1' };
const nobody = (why: string) => ({ kind: 'nobody', why });

describe('who is paged', () => {
  it.each(['SEV1', 'SEV2'] as const)('%s pages the owners, with their escalation policy', (severity) => {
    expect(decide({ incident: { severity } })).toEqual(PAGED);
    expect(decide({ incident: { severity } }, 'raised')).toEqual(PAGED);
  });

  it.each(['SEV3', 'SEV4'] as const)('%s pages nobody', (severity) => {
    expect(decide({ incident: { severity } })).toEqual(nobody(`${severity} pages nobody`));
  });

  it('nobody when the service file names no service, or has gone', () => {
    const why = nobody('the service file has no owners.pagerduty_service');
    expect(decide({ service: unowned })).toEqual(why);
    expect(decide({ service: undefined })).toEqual(why);
  });

  it('nobody twice, and nobody for what is over', () => {
    expect(decide({ isPaged: true }, 'escalated')).toEqual(nobody('they were paged before'));
    expect(decide({ incident: { phase: 'post_incident' } })).toEqual(nobody('the incident is over'));
    expect(decide({ incident: { phase: 'cancelled' } })).toEqual(nobody('the incident is over'));
  });

  it('nobody whom PagerDuty has rung itself for the same service, even when that has stopped', () => {
    const why = nobody('PagerDuty has rung for this itself');
    expect(decide({ findings: [rung('PSVC1')] })).toEqual(why);
    expect(decide({ findings: [finding(), rung('PSVC1')] }, 'raised')).toEqual(why);
    expect(decide({ findings: [rung('PSVC1', 'pagerduty', 'healthy')] })).toEqual(why);
  });

  it('control: an alert of another PagerDuty service, or of another vendor, woke none of the owners', () => {
    expect(decide({ findings: [rung('POTHER')] })).toEqual(PAGED);
    expect(decide({ findings: [rung('PSVC1', 'alertmanager')] })).toEqual(PAGED);
    expect(decide({ findings: [rung('PSVC1')], incident: { findings: [TCR] } })).toEqual(PAGED);
  });

  it('after 30 minutes those of a SEV3 too, unless somebody is on it or PagerDuty still rings', () => {
    const sev3 = { severity: 'SEV3' } as const;
    expect(decide({ incident: sev3 }, 'escalated')).toEqual(PAGED);
    expect(decide({ incident: { ...sev3, acknowledgedAt: after(0) } }, 'escalated')).toEqual(
      nobody('somebody is on it'),
    );
    expect(decide({ findings: [rung('PSVC1')] }, 'escalated').kind).toBe('nobody');
    expect(decide({ findings: [rung('PSVC1', 'pagerduty', 'healthy')] }, 'escalated')).toEqual(PAGED);
  });
});

describe('a page is asked for', () => {
  const occasions = (...args: Parameters<typeof pageWhenBad>) =>
    pageWhenBad(...args).map((job) => job.payload.occasion);

  it('at declaration, and when the severity rises to SEV2 or SEV1', () => {
    expect(occasions(owned, anIncident({ severity: 'SEV2' }))).toEqual(['declared']);
    expect(occasions(owned, anIncident({ severity: 'SEV1' }), 'SEV3')).toEqual(['raised']);
  });

  it('not for what is not bad enough, was as bad before, or has nobody to page', () => {
    expect(occasions(owned, anIncident({ severity: 'SEV3' }))).toEqual([]);
    expect(occasions(owned, anIncident({ severity: 'SEV1' }), 'SEV2')).toEqual([]);
    expect(occasions(unowned, anIncident({ severity: 'SEV1' }))).toEqual([]);
  });
});

it('a page says what is wrong in plain words and where it is worked on', () => {
  const to = { service: 'PSVC1' };
  const page = pageOf(anIncident(), to, 'https://slack.com/app_redirect?channel=C1');
  expect(page).toMatchObject({
    service: 'PSVC1',
    key: pageKey('inc_a'),
    title: 'SEV2 INC-12 support-agent: Eval score drop',
  });
  expect(page.details).toContain('Task completion rate fell.');
  expect(page.details).toContain('https://slack.com/app_redirect?channel=C1');
  expect(pageOf(anIncident(), to, undefined).details).toContain('in Slack, in the channel of INC-12');
});
