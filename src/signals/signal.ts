/** Anything that arrives, normalised (design §2). `id` is unique within its source. */
export interface SignalBase {
  readonly id: string;
  readonly source: string;
  readonly service: string;
  /** When it was true, by the sender's clock. */
  readonly at: Date;
  readonly labels: Readonly<Record<string, string>>;
}

/** One value of an SLI. Rates are fractions 0–1, durations seconds, money USD. */
export interface Measurement extends SignalBase {
  readonly type: 'measurement';
  readonly sli: string;
  readonly value: number;
  /** How many observations the value rests on, where the sender knows. */
  readonly samples?: number;
  readonly windowSeconds?: number;
}

/** What is known of numbers without each of them. */
export interface DistributionSummary {
  readonly mean: number;
  /** Standard deviation. */
  readonly sd: number;
  readonly count: number;
}

/** How something was distributed in a window: how often each bucket was seen, or a summary of numbers. */
export interface Distribution extends SignalBase {
  readonly type: 'distribution';
  readonly of: string;
  readonly buckets?: Readonly<Record<string, number>>;
  readonly summary?: DistributionSummary;
  readonly windowSeconds?: number;
}

export type AlertStatus = 'firing' | 'acknowledged' | 'resolved';

/** A vendor says that something is wrong, or right again. */
export interface Alert extends SignalBase {
  readonly type: 'alert';
  /** One key from firing to resolved. */
  readonly key: string;
  readonly status: AlertStatus;
  readonly title: string;
  readonly url?: string;
  /** The vendor's own id of the service that alerts, where it has one. */
  readonly vendorService?: string;
  /** The documented trigger this alert stands for, and what it means without a value. */
  readonly trigger?: string;
  readonly withoutValue?: 'trust' | 'not_evaluable';
  /** What the vendor measured and what it compared that with, in the vendor's own unit. */
  readonly value?: number;
  readonly threshold?: number;
  /** When aire heard it, of senders that repeat themselves: their times do not order what they say. */
  readonly heardAt?: Date;
  /** This vendor never says that it is over. */
  readonly neverRecovers?: true;
}

export const CHANGE_KINDS = [
  'model',
  'prompt',
  'index',
  'routing',
  'config',
  'data',
  'tool',
  'deploy',
  'vendor',
  'eval',
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** Something moved: what, from → to. */
export interface Change extends SignalBase {
  readonly type: 'change';
  readonly what: ChangeKind;
  readonly from?: string;
  readonly to?: string;
  readonly by?: string;
  readonly url?: string;
}

export const REPORT_CATEGORIES = ['hallucination', 'refusal', 'unsafe', 'wrong', 'slow', 'other'] as const;

/** A person says that an answer was bad. */
export interface Report extends SignalBase {
  readonly type: 'report';
  readonly category: (typeof REPORT_CATEGORIES)[number];
  readonly text?: string;
  readonly traceUrl?: string;
}

export const EXAMPLE_FAILURES = [
  'hallucination',
  'refusal',
  'format',
  'unsafe',
  'retrieval',
  'tool',
  'other',
] as const;
export type ExampleFailure = (typeof EXAMPLE_FAILURES)[number];

/** An input with its bad output: the raw material of golden cases. */
export interface Example extends SignalBase {
  readonly type: 'example';
  readonly input: string;
  readonly output: string;
  readonly expected?: string;
  readonly context?: readonly string[];
  readonly failure: ExampleFailure;
  readonly origin?: 'production' | 'escalation' | 'report';
  readonly traceUrl?: string;
}

export type Signal = Measurement | Distribution | Alert | Change | Report | Example;
