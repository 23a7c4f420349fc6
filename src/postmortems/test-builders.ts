/** What the unit tests of postmortems share. Not part of the build. */
import type { GoldenCase } from '../golden-dataset/golden-case.ts';
import type { Incident } from '../incidents/incident.ts';
import { anIncident, createTable, NOW } from '../incidents/test-builders.ts';
import type { EntryKind, TimelineEntry } from '../incidents/timeline.ts';
import { createMitigationStore, mitigationDeps } from '../mitigations/test-builders.ts';
import type { ActionItem } from './action-item.ts';
import type { PostmortemDeps, PostmortemDraft, PostmortemStore } from './ports.ts';

export function anEntry(kind: EntryKind, text: string, over: Partial<TimelineEntry> = {}): TimelineEntry {
  return { id: `ent_${text}`, incidentId: 'inc_a', at: NOW, actor: { kind: 'aire' }, kind, text, ...over };
}

export function anItem(over: Partial<ActionItem> = {}): ActionItem {
  return {
    id: 'act_1',
    version: 1,
    incidentId: 'inc_a',
    service: 'support-agent',
    what: 'Gate model releases on the golden dataset',
    state: 'open',
    addedBy: 'U_ANA',
    addedAt: NOW,
    ...over,
  };
}

/** A store in memory with one incident; documents that remember what was written; values as the rendered text. */
export function postmortemDeps(setup: { incident?: Partial<Incident>; cases?: readonly GoldenCase[] } = {}) {
  const mitigationStore = createMitigationStore();
  const { base } = mitigationStore;
  base.incidents.seed(anIncident({ phase: 'post_incident', resolvedAt: NOW, ...setup.incident }));
  const drafts = createTable<PostmortemDraft>((row) => row.incidentId);
  const items = createTable<ActionItem>((row) => row.id);
  const store: PostmortemStore = {
    ...mitigationStore,
    timeline: async (incidentId) => base.entries.filter((entry) => entry.incidentId === incidentId),
    goldenCase: async () => undefined,
    goldenCasesOf: async () => setup.cases ?? [],
    examplesOf: async () => [],
    actionItemsOf: async (incidentId) => items.all().filter((item) => item.incidentId === incidentId),
    actionItem: async (id) => items.get(id),
    postmortem: async (incidentId) => drafts.get(incidentId),
    save: async (change) => {
      const written = change.postmortems ?? [];
      const added = change.actionItems ?? [];
      const saved = base.commit(change, drafts.fits(written) && items.fits(added));
      if (saved === 'saved') {
        drafts.write(written);
        items.write(added);
      }
      return saved;
    },
  };
  const files = new Map<string, string>();
  const deps: PostmortemDeps = {
    ...mitigationDeps().deps,
    store,
    documents: {
      write: async (name, text, options) => {
        const there = files.get(name);
        const written = there === undefined || there === options?.ifUnchangedFrom;
        if (written) files.set(name, text);
        return { path: `postmortems/${name}`, hash: files.get(name) ?? '', written };
      },
    },
    templates: { render: (name, values) => `${name} ${JSON.stringify(values)}` },
    people: { name: async (id) => `name of ${id}` },
  };
  return { deps, base, drafts, items, files };
}
