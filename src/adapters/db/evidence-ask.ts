import type { EvidenceWanted } from '../../incidents/ports.ts';

/** What one evaluation asks for. */
export interface EvidenceAsk {
  readonly service: string;
  readonly wanted: EvidenceWanted;
  readonly now: Date;
}
