import type { GoldenCase } from '../golden-dataset/golden-case.ts';
import type { GoldenChange, GoldenStore } from '../golden-dataset/ports.ts';
import type { TimelineEntry } from '../incidents/timeline.ts';
import type { MitigationChange, MitigationDeps, MitigationStore } from '../mitigations/ports.ts';
import type { ActionItem } from './action-item.ts';

/** Where an incident's postmortem is, and the hash of what aire last wrote there. */
export interface PostmortemDraft {
  readonly incidentId: string;
  readonly version: number;
  readonly path: string;
  readonly hash: string;
  readonly draftedAt: Date;
}

export interface PostmortemChange extends MitigationChange, GoldenChange {
  readonly postmortems?: readonly PostmortemDraft[];
  readonly actionItems?: readonly ActionItem[];
}

export interface PostmortemStore extends MitigationStore, GoldenStore {
  timeline(incidentId: string): Promise<readonly TimelineEntry[]>;
  goldenCasesOf(incidentId: string): Promise<readonly GoldenCase[]>;
  actionItemsOf(incidentId: string): Promise<readonly ActionItem[]>;
  actionItem(id: string): Promise<ActionItem | undefined>;
  postmortem(incidentId: string): Promise<PostmortemDraft | undefined>;
  save(change: PostmortemChange): Promise<'saved' | 'conflict'>;
}

/** The directory that postmortems are written to. */
export interface DocumentStore {
  /** Writes a document; one that a person has edited since (`ifUnchangedFrom` no longer fits) is left alone. */
  write(
    name: string,
    text: string,
    options?: { ifUnchangedFrom?: string },
  ): Promise<{ path: string; hash: string; written: boolean }>;
}

/** Fills a template of the templates directory. */
export interface TemplateRenderer {
  /** @throws AppError `template_invalid` with line and column. */
  render(name: string, values: Readonly<Record<string, unknown>>): string;
}

export interface PostmortemDeps extends Omit<MitigationDeps, 'store'> {
  readonly store: PostmortemStore;
  readonly documents: DocumentStore;
  readonly templates: TemplateRenderer;
  /** Names of people by Slack id, for documents that are read outside Slack. */
  readonly people: { name(id: string): Promise<string> };
}
