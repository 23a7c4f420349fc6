import type { ServiceIdentity } from '../services/schema.ts';
import type { SignalSettings } from '../signals/schema.ts';
import type { SliEvidence } from './evidence.ts';
import type { Comparator, TriggerRule, TriggerSettings } from './schema.ts';
import type { Slice } from './slice.ts';
import type { Finding } from './trigger.ts';

/** What is known of a service that is judged. */
export type JudgedService = ServiceIdentity & TriggerSettings & Partial<Pick<SignalSettings, 'sources'>>;

/** What there is to say of an SLI, or of a slice of it, for a trigger. */
export interface SliQuestion {
  readonly name: string;
  readonly rule: TriggerRule;
  readonly service: JudgedService;
  /** Undefined: it was never measured. */
  readonly known: SliEvidence | undefined;
  readonly now: Date;
  readonly sli: string;
  /** What is known is of this slice only. */
  readonly slice?: Slice;
  readonly comparator: Comparator;
  /** What was found the last time. */
  readonly before: Finding | undefined;
}
