import { describe, expect, it } from 'vitest';
import { lookAtVendors, recordVendorStatus } from './record-vendor-status.ts';
import { anIncident, aService, incidentDeps } from './test-builders.ts';
import type { VendorReading } from './vendor-status.ts';

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
