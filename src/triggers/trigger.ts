import type { OnsetShape } from './onset-shape.ts';
import type { Severity } from './severity.ts';
import type { Slice } from './slice.ts';

/** What a documented rule says of a service now (design §2). */
export type VerdictState = 'healthy' | 'suspected' | 'firing' | 'not_evaluable';

/** One thing that was looked at for a trigger: an SLI, or a vendor's alert. */
export interface Finding {
  /** Stable while the same thing is wrong: `<trigger>:<sli>`, `<trigger>:<sli>{<label>=<value>}` or `<trigger>:alert:<key>`. */
  readonly key: string;
  readonly trigger: string;
  readonly state: VerdictState;
  /** The reason in words: numbers, baseline, threshold, sample. */
  readonly reason: string;
  readonly severity: Severity;
  readonly sli?: string;
  /** Only this slice of the SLI was looked at. */
  readonly slice?: Slice;
  readonly value?: number;
  readonly baseline?: number;
  /** How far from the baseline counts as recovered, in the SLI's unit. */
  readonly recoveredWithin?: number;
  readonly observedAt?: Date;
  /** After this it can't be evaluated unless something new arrives; absent of what does not grow old: reports, alerts. */
  readonly freshUntil?: Date;
  /** When it began, as far as the evidence tells, and within which times for 95 %. */
  readonly onset?: Date;
  readonly onsetBetween?: readonly [Date, Date];
  readonly onsetShape?: OnsetShape;
  /** Suspected: the limit is crossed, but the sample may be chance. */
  readonly isUnconfirmed?: boolean;
  /** Firing: it was well last, but the sample may be chance. */
  readonly isRecovering?: boolean;
  readonly url?: string;
  /** The vendor whose alert this is, and its own id of the service that alerts. */
  readonly alert?: { readonly source: string; readonly vendorService?: string };
}
