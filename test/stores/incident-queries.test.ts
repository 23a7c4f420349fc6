import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createDeliveryStore } from '../../src/adapters/db/delivery-store.ts';
import { createSlackMessages } from '../../src/adapters/db/slack-messages.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import { arrivalKey } from '../../src/incidents/respond-to-signals.ts';
import type { Proposal } from '../../src/incidents/watch.ts';
import type { Signal } from '../../src/signals/signal.ts';
import { createManualClock, HOUR } from '../../src/time.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import {
  alert,
  bareActionItem,
  bareIncident,
  bareProposal,
  change,
  example,
  measurement,
  minutesAgo,
  NOW,
  sampleEntry,
} from './samples.ts';

const ids = (found: readonly { id: string }[]) => found.map((each) => each.id);

describeOnBoth('queries', (open) => {
  let database: Database;
  let stores: Stores;
  let nextDelivery = 0;
  beforeAll(async () => {
    database = (await open()).database;
    stores = createStores(database, createManualClock(NOW), () => {});
  });
  beforeEach(() => emptyDatabase(database));

  async function arrive(...signals: Signal[]): Promise<void> {
    const delivery = { source: 'signals', id: `d${nextDelivery++}`, receivedAt: NOW };
    await createDeliveryStore(database, () => {}).storeDelivery(delivery, signals, []);
  }

  it('find the open incidents of a service, oldest first, and of all, newest first', async () => {
    const declared = (id: string, minutes: number, rest = {}) =>
      bareIncident(id, { declaredAt: minutesAgo(minutes), ...rest });
    await stores.save({
      incidents: [
        declared('b', 10, { phase: 'mitigate' }),
        declared('a', 20, { phase: 'scope' }),
        declared('c', 5, { service: 'search' }),
        declared('resolved', 15, { phase: 'post_incident' }),
        declared('closed', 15, { phase: 'closed' }),
        declared('cancelled', 1, { phase: 'cancelled' }),
      ],
    });
    expect(ids(await stores.openIncidents('support-agent'))).toEqual(['a', 'b']);
    expect(ids(await stores.listOpen(2))).toEqual(['c', 'b']);
    expect(ids(await stores.listLatest(3))).toEqual(['cancelled', 'c', 'b']);
    expect(await stores.openIncidents('nobody')).toEqual([]);
  });

  it('find the changes of an incident, oldest first', async () => {
    await stores.save({ incidents: [bareIncident('inc_1'), bareIncident('inc_2')] });
    const seen = (id: string, incident: string, minutes: number) =>
      sampleEntry(id, incident, { kind: 'change_seen', at: minutesAgo(minutes) });
    const timeline = [seen('b', 'inc_1', 5), seen('a', 'inc_1', 9), seen('c', 'inc_2', 7)];
    await stores.save({ timeline: [...timeline, sampleEntry('note', 'inc_1')] });
    expect(ids(await stores.changesOf('inc_1'))).toEqual(['a', 'b']);
  });

  it('find what evals measured of each version: by its label, weighted, within the time', async () => {
    const measured = (id: string, version: string | undefined, minutes: number, rest = {}) => ({
      ...measurement(id, 0.9, minutesAgo(minutes)),
      labels: version === undefined ? {} : { model_version: version, prompt_version: 'p1' },
      samples: 100,
      ...rest,
    });
    await arrive(
      measured('m1', 'v41', 30, { value: 0.96 }),
      measured('m2', 'v41', 20, { value: 0.9, samples: 300 }),
      measured('m3', 'v42', 10),
      measured('m4', undefined, 10),
      measured('m5', 'v41', 1),
      measured('m6', 'v41', 100),
      measured('m7', 'v41', 20, { service: 'search' }),
      measured('m8', 'v41', 20, { sli: 'latency_p95' }),
    );
    const found = await stores.versionEvals('support-agent', ['model'], minutesAgo(60), minutesAgo(10));
    expect(found.toSorted((a, b) => a.version.localeCompare(b.version))).toEqual([
      {
        what: 'model',
        version: 'v41',
        sli: 'task_completion_rate',
        mean: expect.closeTo(0.915),
        samples: 400,
        newest: minutesAgo(20),
      },
      expect.objectContaining({ version: 'v42', samples: 100, newest: minutesAgo(10) }),
    ]);
    const both = await stores.versionEvals('support-agent', ['model', 'prompt'], minutesAgo(60), NOW);
    expect(new Set(both.map(({ what }) => what))).toEqual(new Set(['model', 'prompt']));
    expect(await stores.versionEvals('support-agent', [], minutesAgo(60), NOW)).toEqual([]);
  });

  it('find the distributions of a time', async () => {
    const distribution = (id: string, minutes: number, service = 'support-agent'): Signal => ({
      type: 'distribution',
      id,
      source: 'gateway',
      service,
      labels: {},
      at: minutesAgo(minutes),
      of: 'language',
      buckets: { en: 3 },
    });
    await arrive(
      distribution('d1', 30),
      distribution('d2', 20),
      distribution('d3', 10),
      distribution('d4', 20, 'search'),
    );
    const found = await stores.distributions('support-agent', minutesAgo(20), minutesAgo(10));
    expect(ids(found)).toEqual(['d2']);
    expect(found[0]?.buckets).toEqual({ en: 3 });
  });

  it('find signals that are not on the timeline, in the order of what happened', async () => {
    const report = {
      ...example('r', minutesAgo(4)),
      type: 'report',
      category: 'wrong',
    } as const;
    await arrive(
      change('2', minutesAgo(2)),
      change('1', minutesAgo(3)),
      example('1', minutesAgo(1)),
      report,
      alert('1', 'firing', minutesAgo(5)),
      measurement('1', 0.9, minutesAgo(1)),
      { ...measurement('2', 1, minutesAgo(1)), type: 'distribution', of: 'language', buckets: { en: 1 } },
      change('before', minutesAgo(61)),
      change('other', minutesAgo(1), { service: 'search' }),
    );
    await stores.save({ incidents: [bareIncident('inc_1'), bareIncident('inc_2')] });
    const incident = { ...bareIncident('inc_1'), version: 1 };
    const missing = async () =>
      (await stores.signalsNotOnTimeline(incident, minutesAgo(60))).map((each) => `${each.type} ${each.id}`);
    expect(await missing()).toEqual(['alert 1', 'report r', 'change 1', 'change 2', 'example 1']);

    await stores.save({
      timeline: [
        sampleEntry('e1', 'inc_1', { onceKey: arrivalKey(change('1', NOW)) }),
        sampleEntry('e2', 'inc_1', { onceKey: arrivalKey(alert('1', 'firing', NOW)) }),
        // The same signal on another incident's timeline, and the same id from another source.
        sampleEntry('e3', 'inc_2', { onceKey: arrivalKey(change('2', NOW)) }),
        sampleEntry('e4', 'inc_1', { onceKey: arrivalKey(example('1', NOW, { source: 'other' })) }),
      ],
    });
    expect(await missing()).toEqual(['report r', 'change 2', 'example 1']);
  });

  it('find the rest of many arrivals the next time', async () => {
    await arrive(...Array.from({ length: 230 }, (_, i) => change(String(i), minutesAgo(50))));
    await stores.save({ incidents: [bareIncident('inc_1')] });
    const first = await stores.signalsNotOnTimeline(bareIncident('inc_1'), minutesAgo(60));
    expect(first).toHaveLength(200);
    await stores.save({
      timeline: first.map((each) => sampleEntry(`e${each.id}`, 'inc_1', { onceKey: arrivalKey(each) })),
    });
    expect(await stores.signalsNotOnTimeline(bareIncident('inc_1'), minutesAgo(60))).toHaveLength(30);
  });

  it("find the examples on an incident's own timeline", async () => {
    const [mine, elsewhere] = [example('mine', minutesAgo(3)), example('elsewhere', minutesAgo(4))];
    await arrive(mine, elsewhere, change('c', minutesAgo(2)));
    await stores.save({ incidents: [bareIncident('inc_1'), bareIncident('inc_2')] });
    await stores.save({
      timeline: [
        sampleEntry('e1', 'inc_1', { onceKey: arrivalKey(mine) }),
        sampleEntry('e2', 'inc_2', { onceKey: arrivalKey(elsewhere) }),
        sampleEntry('e3', 'inc_1', { onceKey: arrivalKey(change('c', NOW)) }),
      ],
    });
    expect(await stores.examplesOf(bareIncident('inc_1'))).toStrictEqual([mine]);
  });

  it('collect incidents for a review: declared in the window, or still open', async () => {
    const declared = (id: string, hours: number, phase: 'triage' | 'closed') =>
      bareIncident(id, { declaredAt: new Date(NOW.getTime() - hours * HOUR), phase });
    await stores.save({
      incidents: [
        declared('in it', 2, 'closed'),
        declared('before, still open', 30, 'triage'),
        declared('before, closed', 30, 'closed'),
        declared('after, closed', -1, 'closed'),
      ],
    });
    const found = await stores.incidentsForReview(new Date(NOW.getTime() - 24 * HOUR), NOW);
    expect(ids(found)).toEqual(['in it', 'before, still open']);
  });

  it('count what became of questions, and what shadow would have declared while people had an incident', async () => {
    const asked = (id: string, rest: Partial<Proposal>) => ({ ...bareProposal(id), ...rest });
    const person = { kind: 'person', id: 'U1' } as const;
    const shadow = { state: 'shadow', trigger: 'latency' } as const;
    await stores.save({
      incidents: [
        bareIncident('by people', {
          declaredBy: person,
          startedAt: minutesAgo(60),
          resolvedAt: minutesAgo(40),
        }),
        bareIncident('by aire', { startedAt: minutesAgo(30) }),
        bareIncident('elsewhere', { service: 'search', declaredBy: person, startedAt: minutesAgo(90) }),
      ],
      proposals: [
        asked('p1', { state: 'declared', answeredBy: 'U1' }),
        asked('p2', { state: 'declared' }),
        asked('p3', { state: 'dismissed', answeredBy: 'U1' }),
        asked('p4', { state: 'dismissed', answeredBy: 'U1', at: minutesAgo(200) }),
        asked('p5', { ...shadow, at: minutesAgo(70), answeredAt: minutesAgo(55) }),
        asked('p6', { ...shadow, at: minutesAgo(80), answeredAt: minutesAgo(70) }),
        asked('p7', { ...shadow, at: minutesAgo(35) }),
        asked('p8', { state: 'recovered', trigger: 'quiet' }),
      ],
    });
    const counts = await stores.proposalCounts(minutesAgo(100), NOW);
    expect(counts.filter(({ trigger }) => trigger !== 'quiet')).toEqual([
      {
        service: 'support-agent',
        trigger: 'eval_score_drop',
        declared: 1,
        dismissed: 1,
        shadow: 0,
        confirmed: 0,
      },
      { service: 'support-agent', trigger: 'latency', declared: 0, dismissed: 0, shadow: 3, confirmed: 1 },
    ]);
  });

  it('tell what is remembered of some services, and how many incidents they have open', async () => {
    await stores.save({
      watch: { service: 'support-agent', version: 0, findings: {} },
      incidents: [
        bareIncident('a', { service: 'search' }),
        bareIncident('b', { service: 'search', phase: 'closed' }),
        bareIncident('c', { service: 'other' }),
      ],
    });
    const states = await stores.serviceStates(['support-agent', 'search', 'nobody']);
    expect([...states].sort()).toEqual([
      ['search', { findings: {}, openIncidents: 1 }],
      ['support-agent', { findings: {}, openIncidents: 0 }],
    ]);
  });

  it('give sample-weighted means, and none where nothing was measured', async () => {
    await arrive(
      measurement('1', 0.5, minutesAgo(50), { samples: 300 }),
      measurement('2', 0.9, minutesAgo(40), { samples: 100 }),
      measurement('3', 0.2, minutesAgo(30), { sli: 'refusal_rate' }),
      measurement('4', 0.4, minutesAgo(20), { sli: 'refusal_rate' }),
      measurement('5', 0.9, minutesAgo(10), { sli: 'empty', samples: 0 }),
      measurement('6', 0.1, minutesAgo(70)),
      measurement('7', 1, minutesAgo(10), { service: 'search' }),
    );
    const means = await stores.indicatorMeans(minutesAgo(60), NOW);
    const found = means
      .map((each) => [each.service, each.sli, Number(each.mean.toFixed(9))].join(' '))
      .sort();
    expect(found).toEqual([
      'search task_completion_rate 1',
      'support-agent refusal_rate 0.3',
      'support-agent task_completion_rate 0.6',
    ]);
    expect(await stores.indicatorMeans(minutesAgo(9), NOW)).toEqual([]);
  });

  it('list open action items, oldest due date first, those without one last', async () => {
    await stores.save({ incidents: [bareIncident('inc_1')] });
    const item = (id: string, rest = {}) => ({ ...bareActionItem(id, 'inc_1'), ...rest });
    await stores.save({
      actionItems: [
        item('none'),
        item('later', { due: '2026-12-02' }),
        item('sooner', { due: '2026-12-01' }),
        item('done', { due: '2026-11-01', state: 'done', doneAt: NOW }),
      ],
    });
    expect(ids(await stores.openActionItems())).toEqual(['sooner', 'later', 'none']);
    expect(ids(await stores.actionItemsOf('inc_1'))).toEqual(['none', 'later', 'sooner', 'done']);
  });

  it('find where something is shown in Slack, and whose channel one is', async () => {
    const messages = createSlackMessages(database);
    await messages.remember('card:inc_1', 'C1', '1.1');
    await messages.remember('card:inc_1', 'C1', '1.2');
    await messages.remember('channel:inc_1', 'C1', null);
    expect(await messages.find('card:inc_1')).toEqual({ channel: 'C1', ts: '1.2' });
    expect(await messages.find('channel:inc_1')).toEqual({ channel: 'C1', ts: null });
    expect(await messages.find('card:inc_2')).toBeUndefined();
    expect(await messages.incidentOfChannel('C1')).toBe('inc_1');
    expect(await messages.incidentOfChannel('C2')).toBeUndefined();
  });

  it('note that a message is on its way where nothing is known, and change nothing where something is', async () => {
    const messages = createSlackMessages(database);
    expect(await messages.note('card:inc_1', 'C1')).toBeUndefined();
    expect(await messages.note('card:inc_1', 'C2')).toEqual({ channel: 'C1', ts: null });
    await messages.remember('card:inc_1', 'C1', '1.1');
    expect(await messages.note('card:inc_1', 'C2')).toEqual({ channel: 'C1', ts: '1.1' });
    expect(await messages.find('card:inc_1')).toEqual({ channel: 'C1', ts: '1.1' });
  });
});
