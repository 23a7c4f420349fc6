import type { Incident } from '../incidents/incident.ts';
import type { IncidentChange, IncidentDeps, IncidentStore } from '../incidents/ports.ts';
import type { Example } from '../signals/signal.ts';
import type { GoldenCase } from './golden-case.ts';

export interface GoldenChange extends IncidentChange {
  readonly goldenCases?: readonly GoldenCase[];
}

export interface GoldenStore extends IncidentStore {
  goldenCase(id: string): Promise<GoldenCase | undefined>;
  goldenCasesOf(incidentId: string): Promise<readonly GoldenCase[]>;
  /** Examples on the incident's timeline, oldest first, 200 at most. */
  examplesOf(incident: Incident): Promise<readonly Example[]>;
  save(change: GoldenChange): Promise<'saved' | 'conflict'>;
}

/** Where golden cases are kept: one JSONL file a service in a Git repository. */
export interface GoldenRepository {
  /** Writes the line under its id and commits it; committing the same line again changes nothing. */
  commitCase(input: {
    service: string;
    caseId: string;
    line: string;
    message: string;
  }): Promise<{ path: string; commit: string }>;
}

export interface GoldenDeps extends Pick<IncidentDeps, 'clock' | 'newId'> {
  readonly store: GoldenStore;
}
