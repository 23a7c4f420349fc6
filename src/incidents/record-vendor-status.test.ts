import { describe, expect, it } from 'vitest';
import { type StepDefinition, step } from '../runbooks/schema.ts';
import { takeSnapshot } from '../runbooks/snapshot.ts';
import type { Incident } from './incident.ts';
import { followVendor, lookAtVendors, recordVendorStatus } from './record-vendor-status.ts';
import { anIncident, aService, incidentDeps, NOW, playbook } from './test-builders.ts';
import { describeReading, type VendorReading } from './vendor-status.ts';

const SIGNAL = new AbortController().signal;
const fine: VendorReading = { kind: 'read', indicator: 'none', description: 'All Systems Operational' };
const outage: VendorReading = {
  kind: 'read',
  indicator: 'major',
  description: 'Partial System Outage',
  url: 'https://status.openai.example',
};
const timeout: VendorReading = { kind: 'unreadable', why: 'timeout' };

function setUp(phase: 'triage' | 'post_incident' = 'triage') {
  const vendors = ['openai', 'pinecone'].map((name) => ({
    name,
    status: `https://${name}.example/status.json`,
  }));
  const deps = incidentDeps(aService({ vendors }));
  deps.store.incidents.seed(anIncident({ phase }));
  const asked: string[] = [];
  const look = (attempt: number, openai: VendorReading, pinecone: VendorReading = fine) =>
    lookAtVendors(
      deps,
      {
        read: async (address) => {
          asked.push(address);
          return address.includes('openai') ? openai : pinecone;
        },
      },
      { incidentId: 'inc_a', attempt, signal: SIGNAL },
    );
  const facts = () => deps.store.incidents.get('inc_a')?.facts ?? {};
  const said = () => deps.store.entries.map((entry) => `${entry.kind}: ${entry.text}`);
  return { deps, asked, look, facts, said };
}

describe('what status pages say', () => {
  it('becomes facts that conditions can name; no trouble is no event', async () => {
    const { deps, look, facts, said } = setUp();
    expect(await look(1, fine)).toEqual({ kind: 'done' });
    expect(facts()).toMatchObject({
      vendor_openai: { value: 'none', from: 'vendor:openai', detail: 'All Systems Operational' },
      vendor_pinecone: { value: 'none' },
    });
    expect(said()).toEqual([]);
    expect(deps.store.jobs.map((job) => job.kind)).toEqual(['incident.show_card']);
  });

  it('is on the timeline when it is trouble, once, and when that is over', async () => {
    const { look, said, deps } = setUp();
    await look(1, outage);
    await look(1, outage);
    await look(1, fine);
    await look(1, fine);
    expect(said()).toEqual([
      'fact_set: openai reports major: Partial System Outage',
      'fact_set: openai reports no trouble: All Systems Operational',
    ]);
    expect(deps.store.entries[0]).toMatchObject({
      url: 'https://status.openai.example',
      data: { fact: 'vendor_openai', value: 'major' },
    });
  });

  it('is no more written when the incident is over', async () => {
    const { deps, asked, look, facts } = setUp('post_incident');
    expect(await look(1, outage)).toEqual({ kind: 'done' });
    await recordVendorStatus(deps, 'inc_a', new Map([['openai', outage]]));
    expect([asked, facts(), deps.store.saves]).toEqual([[], {}, []]);
  });
});

describe('a page that can not be read', () => {
  it('is tried three times within a minute, then recorded as such; the others do not wait for it', async () => {
    const { look, facts, said } = setUp();
    const waits: number[] = [];
    for (const attempt of [1, 2]) {
      const result = await look(attempt, timeout, outage);
      if (result.kind === 'retry') waits.push(result.afterMs);
      expect(Object.keys(facts())).toEqual(['vendor_pinecone']);
    }
    expect(waits).toEqual([10_000, 20_000]);
    expect(await look(3, timeout, outage)).toEqual({ kind: 'done' });
    expect(facts().vendor_openai).toMatchObject({ value: 'unreadable', detail: 'timeout' });
    expect(said()).toEqual([
      'fact_set: pinecone reports major: Partial System Outage',
      'fact_set: openai: status page not readable (timeout)',
    ]);
  });
});

describe('a polled status that changes', () => {
  const minor: VendorReading = { kind: 'read', indicator: 'minor', description: 'Slow' };
  const follow = ({ deps }: ReturnType<typeof setUp>, reading: VendorReading) =>
    followVendor(deps, 'support-agent', 'openai', reading);
  const mirror: StepDefinition = step.parse({
    id: 'mirror',
    kind: 'http',
    phase: 'triage',
    title: 'Is the mirror up?',
    url: 'https://mirror.example',
    run: 'auto',
    when: { fact: { vendor_openai: { in: ['major', 'critical'] } } },
  });
  function withMirror(over: Partial<Incident> = {}) {
    const set = setUp();
    const runbook = takeSnapshot({ ...playbook, steps: [mirror] }, { runbooks: {} });
    set.deps.store.incidents.seed(anIncident({ runbook, ...over }));
    const runs = () => set.deps.store.jobs.filter((job) => job.kind === 'step.run').length;
    return { ...set, runs, steps: () => set.deps.store.incidents.get('inc_a')?.steps };
  }

  it('is a fact of each open incident, written once for each change', async () => {
    const set = setUp();
    set.deps.store.incidents.seed(
      anIncident({ id: 'inc_b', declareKey: 'b' }),
      anIncident({ id: 'inc_over', declareKey: 'over', phase: 'post_incident' }),
      anIncident({ id: 'inc_else', declareKey: 'else', service: 'search' }),
    );
    for (const reading of [minor, minor, outage, outage, fine, fine]) await follow(set, reading);
    expect(set.said()).toEqual(
      [minor, outage, fine].flatMap((reading) => {
        const text = `fact_set: ${describeReading('openai', reading)}`;
        return [text, text];
      }),
    );
    expect(set.deps.store.saves).toHaveLength(6);
    const known = (id: string) => set.deps.store.incidents.get(id)?.facts.vendor_openai?.value;
    expect(['inc_a', 'inc_b', 'inc_over', 'inc_else'].map(known)).toEqual([
      'none',
      'none',
      undefined,
      undefined,
    ]);
  });

  it('says nothing when the page can not be read: what is known stays', async () => {
    const set = setUp();
    await follow(set, outage);
    await follow(set, timeout);
    expect(set.facts().vendor_openai?.value).toBe('major');
    expect(set.deps.store.saves).toHaveLength(1);
  });

  it('starts the steps that waited for it, once', async () => {
    const { deps, runs, steps } = withMirror();
    await followVendor(deps, 'support-agent', 'openai', minor);
    expect(runs()).toBe(0);
    await followVendor(deps, 'support-agent', 'openai', outage);
    await followVendor(deps, 'support-agent', 'openai', { ...outage, description: 'Worse' });
    expect([runs(), steps()?.mirror?.status]).toEqual([1, 'running']);
  });

  it('control: undoes nothing that a person answered', async () => {
    const skipped = { mirror: { status: 'skipped', by: 'U_ANA', at: NOW } } as const;
    const touched = withMirror({ steps: skipped });
    await followVendor(touched.deps, 'support-agent', 'openai', outage);
    expect([touched.runs(), touched.steps()]).toEqual([0, skipped]);
    const facts = { vendor_openai: { value: 'critical', from: 'step:ask_vendor', at: NOW } };
    const answered = withMirror({ facts });
    await followVendor(answered.deps, 'support-agent', 'openai', fine);
    await answered.look(1, fine);
    expect(answered.facts().vendor_openai).toEqual(facts.vendor_openai);
    expect(answered.facts().vendor_pinecone?.value).toBe('none');
  });
});
