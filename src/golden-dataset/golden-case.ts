import { contentHash } from '../ids.ts';
import type { Incident } from '../incidents/incident.ts';
import { redact } from '../signals/redact.ts';
import type { Example, ExampleFailure } from '../signals/signal.ts';

/** Which part of the dataset a case belongs to: 60 % core, 30 % edge, 10 % adversarial (reference §I). */
export type CaseSplit = 'core' | 'edge' | 'adversarial';

/** A regression case made from a failure that happened. Nothing unapproved or unredacted ever leaves. */
export interface GoldenCase {
  /** Stable hash of incident and input: committing again changes nothing. */
  readonly id: string;
  readonly version: number;
  readonly incidentId: string;
  readonly service: string;
  readonly input: string;
  /** What the service answered, redacted: kept for reviewers, not exported. */
  readonly observed: string;
  readonly expected?: string;
  readonly context: readonly string[];
  readonly failure: ExampleFailure;
  readonly split: CaseSplit;
  readonly traceUrl?: string;
  readonly redacted: Readonly<Record<string, number>>;
  readonly state: 'draft' | 'approved' | 'rejected' | 'committed';
  readonly draftedAt: Date;
  readonly reviewedBy?: string;
  readonly reviewedAt?: Date;
  readonly commit?: string;
  readonly path?: string;
}

/** Reviewers see this many cases of one incident; the rest stay examples on the timeline. */
export const MAX_CASES_PER_INCIDENT = 5;

/** Drafts cases from an incident's examples: one for each distinct input, every failure mode before any comes twice. */
export function draftCases(
  incident: Incident,
  examples: readonly Example[],
  now: Date,
): readonly GoldenCase[] {
  const drafts = new Map<string, GoldenCase>();
  for (const example of examples) {
    const drafted = draft(incident, example, now);
    if (!drafts.has(drafted.id)) drafts.set(drafted.id, drafted);
  }
  const rank = new Map<ExampleFailure, number>();
  return [...drafts.values()]
    .map((drafted) => {
      const nth = rank.get(drafted.failure) ?? 0;
      rank.set(drafted.failure, nth + 1);
      return { drafted, nth };
    })
    .sort((a, b) => a.nth - b.nth)
    .slice(0, MAX_CASES_PER_INCIDENT)
    .map(({ drafted }) => drafted);
}

function draft(incident: Incident, example: Example, now: Date): GoldenCase {
  const input = redact(example.input);
  const observed = redact(example.output);
  const expected = example.expected === undefined ? undefined : redact(example.expected);
  const context = (example.context ?? []).map(redact);
  return {
    id: `gc_${contentHash([incident.id, input.text]).slice(0, 24)}`,
    version: 0,
    incidentId: incident.id,
    service: incident.service,
    input: input.text,
    observed: observed.text,
    ...(expected === undefined ? {} : { expected: expected.text }),
    context: context.map((each) => each.text),
    failure: example.failure,
    split: example.failure === 'unsafe' ? 'adversarial' : example.origin === 'escalation' ? 'edge' : 'core',
    ...(example.traceUrl === undefined ? {} : { traceUrl: example.traceUrl }),
    redacted: total(
      [input, observed, ...(expected === undefined ? [] : [expected]), ...context].map(
        (each) => each.removed,
      ),
    ),
    state: 'draft',
    draftedAt: now,
  };
}

function total(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const count of counts)
    for (const [kind, n] of Object.entries(count)) sums[kind] = (sums[kind] ?? 0) + n;
  return sums;
}
