import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/adapters/db/database.ts';
import { createStores, type Stores } from '../../src/adapters/db/stores.ts';
import { createManualClock } from '../../src/time.ts';
import { describeOnBoth, emptyDatabase } from '../support/databases.ts';
import {
  bareActionItem,
  bareGoldenCase,
  bareIncident,
  bareMitigation,
  bareProposal,
  fullIncident,
  minutesAgo,
  NOW,
  sampleEntry,
  sampleRunbook,
} from './samples.ts';

describeOnBoth('what is saved is what is read', (open) => {
  let database: Database;
  let stores: Stores;
  beforeAll(async () => {
    database = (await open()).database;
    stores = createStores(database, createManualClock(NOW), () => {});
  });
  beforeEach(() => emptyDatabase(database));

  it('an incident with every optional property, and with none', async () => {
    for (const incident of [fullIncident('inc_full'), bareIncident('inc_bare')]) {
      expect(await stores.save({ incidents: [incident] })).toBe('saved');
      const number = incident.id === 'inc_full' ? 1 : 2;
      expect(await stores.incident(incident.id)).toStrictEqual({ ...incident, version: 1, number });
      expect((await stores.incidentByNumber(number))?.id).toBe(incident.id);
    }
    expect(await stores.incident('inc_other')).toBeUndefined();
  });

  it('the runbook of an incident that another process declared, however many there are', async () => {
    const declared = Array.from({ length: 250 }, (_, n) =>
      bareIncident(`inc_${n}`, { runbook: { ...sampleRunbook(), hash: `hash ${n}` } }),
    );
    expect(await stores.save({ incidents: declared })).toBe('saved');
    const another = createStores(database, createManualClock(NOW), () => {});
    const read = async () =>
      new Map((await another.openIncidents('support-agent')).map(({ id, runbook }) => [id, runbook]));
    const expected = new Map(declared.map(({ id, runbook }) => [id, runbook]));
    // Those it keeps and those it does not.
    for (let time = 0; time < 2; time++) expect(await read()).toStrictEqual(expected);
    // Many readers of one moment, of incidents that are there and of one that is not.
    const found = await Promise.all(['inc_7', 'inc_249', 'inc_7', 'gone'].map(another.incident));
    expect(found.map((incident) => incident?.runbook.hash)).toEqual([
      'hash 7',
      'hash 249',
      'hash 7',
      undefined,
    ]);
  });

  it('an incident whose optional properties are taken away', async () => {
    await stores.save({ incidents: [fullIncident('inc_1')] });
    expect(await stores.incident('inc_1')).toHaveProperty('commander');
    const bare = { ...bareIncident('inc_1'), version: 1 };
    expect(await stores.save({ incidents: [bare] })).toBe('saved');
    expect(await stores.incident('inc_1')).toStrictEqual({ ...bare, version: 2, number: 1 });
  });

  it('a watch, which is empty before it is first saved', async () => {
    expect(await stores.watch('support-agent')).toEqual({
      service: 'support-agent',
      version: 0,
      findings: {},
    });
    const finding = { key: 'k', trigger: 't', state: 'firing', severity: 'SEV1', reason: 'r' } as const;
    const findings = { k: { ...finding, since: minutesAgo(5), onset: minutesAgo(9), incidentId: 'inc_1' } };
    await stores.save({ watch: { service: 'support-agent', version: 0, findings } });
    expect(await stores.watch('support-agent')).toStrictEqual({
      service: 'support-agent',
      version: 1,
      findings,
    });
  });

  it('a proposal', async () => {
    const bare = bareProposal('prp_1');
    await stores.save({ proposals: [bare] });
    expect(await stores.proposal('prp_1')).toStrictEqual({ ...bare, version: 1 });
    const full = { ...bare, answeredBy: 'U1', answeredAt: NOW, incidentId: 'inc_1' };
    await stores.save({ proposals: [{ ...full, version: 1, state: 'declared' }] });
    expect(await stores.proposal('prp_1')).toStrictEqual({ ...full, version: 2, state: 'declared' });
    await stores.save({ proposals: [{ ...bare, version: 2 }] });
    expect(await stores.proposal('prp_1')).toStrictEqual({ ...bare, version: 3 });
  });

  it('timeline entries, in the order of what happened', async () => {
    await stores.save({ incidents: [bareIncident('inc_1')] });
    const bare = sampleEntry('ent_1', 'inc_1');
    const full = sampleEntry('ent_2', 'inc_1', {
      at: minutesAgo(12),
      actor: { kind: 'system', name: 'github' },
      url: 'https://example.com/1',
      data: { what: 'model', from: null, at: minutesAgo(3), list: [1, { deep: minutesAgo(2) }] },
      onceKey: 'change:1',
    });
    const sameTime = sampleEntry('ent_0', 'inc_1');
    await stores.save({ timeline: [bare, full, sameTime] });
    expect(await stores.timeline('inc_1')).toStrictEqual([full, bare, sameTime]);
    expect(await stores.entry('ent_2')).toStrictEqual(full);
    expect(await stores.countEntries('inc_1', 'note')).toBe(3);
    expect(await stores.countEntries('inc_1', 'resolved')).toBe(0);
  });

  it('a mitigation', async () => {
    await stores.save({ incidents: [bareIncident('inc_1')] });
    const bare = bareMitigation('mit_1', 'inc_1');
    await stores.save({ mitigations: [bare] });
    expect(await stores.mitigation('mit_1')).toStrictEqual({ ...bare, version: 1 });
    const full = {
      ...bare,
      version: 1,
      state: 'verifying' as const,
      decidedBy: 'U2',
      decidedAt: minutesAgo(6),
      sentAt: minutesAgo(5),
      ranAt: minutesAgo(4),
      endedAt: minutesAgo(3),
      detail: 'done',
    };
    await stores.save({ mitigations: [full] });
    expect(await stores.mitigationsOf('inc_1')).toStrictEqual([{ ...full, version: 2 }]);
    expect(await stores.verifying('support-agent')).toStrictEqual([{ ...full, version: 2 }]);
    await stores.save({ mitigations: [{ ...bare, version: 2 }] });
    expect(await stores.mitigation('mit_1')).toStrictEqual({ ...bare, version: 3 });
    expect(await stores.verifying('support-agent')).toEqual([]);
  });

  it('a golden case', async () => {
    await stores.save({ incidents: [bareIncident('inc_1')] });
    const bare = bareGoldenCase('gc_1', 'inc_1');
    await stores.save({ goldenCases: [bare] });
    expect(await stores.goldenCase('gc_1')).toStrictEqual({ ...bare, version: 1 });
    const full = {
      ...bare,
      version: 1,
      expected: 'Within 30 days.',
      traceUrl: 'https://example.com/trace',
      state: 'committed' as const,
      reviewedBy: 'U1',
      reviewedAt: NOW,
      commit: 'abc',
      path: 'support-agent.jsonl',
    };
    await stores.save({ goldenCases: [full] });
    expect(await stores.goldenCasesOf('inc_1')).toStrictEqual([{ ...full, version: 2 }]);
    await stores.save({ goldenCases: [{ ...bare, version: 2 }] });
    expect(await stores.goldenCase('gc_1')).toStrictEqual({ ...bare, version: 3 });
  });

  it('a postmortem and action items', async () => {
    await stores.save({ incidents: [bareIncident('inc_1')] });
    const postmortem = { incidentId: 'inc_1', version: 0, path: 'p.md', hash: 'h', draftedAt: NOW };
    await stores.save({ postmortems: [postmortem] });
    expect(await stores.postmortem('inc_1')).toStrictEqual({ ...postmortem, version: 1 });
    const bare = bareActionItem('act_1', 'inc_1');
    await stores.save({ actionItems: [bare] });
    expect(await stores.actionItem('act_1')).toStrictEqual({ ...bare, version: 1 });
    const full = { ...bare, version: 1, owner: 'U2', due: '2026-12-01', state: 'done' as const, doneAt: NOW };
    await stores.save({ actionItems: [full] });
    expect(await stores.actionItemsOf('inc_1')).toStrictEqual([{ ...full, version: 2 }]);
    await stores.save({ actionItems: [{ ...bare, version: 2 }] });
    expect(await stores.actionItem('act_1')).toStrictEqual({ ...bare, version: 3 });
  });
});
