import { CHANGE_KINDS, type Change, type ChangeKind, type Signal } from '../signals/signal.ts';
import type { Fact } from './incident.ts';

/**
 * The facts that come by themselves from changes: `current_<what>` and `previous_good_<what>`.
 * The previous good version is the `from` of the latest change of its kind, unless evals know better
 * (`last-known-good.ts`).
 */
export function versionFacts(signals: readonly Signal[]): Readonly<Record<string, Fact>> {
  const changes = signals
    .filter((signal): signal is Change => signal.type === 'change')
    .sort((a, b) => a.at.getTime() - b.at.getTime());
  const facts: Record<string, Fact> = {};
  for (const change of changes) {
    const fact = (value: string): Fact => ({ value, from: `signal:${change.source}`, at: change.at });
    if (change.to !== undefined) facts[`current_${change.what}`] = fact(change.to);
    if (change.from !== undefined) facts[`previous_good_${change.what}`] = fact(change.from);
  }
  return facts;
}

/** Facts with those that were found since; one that is older than what is known of the same name says nothing new. */
export function withNewer(
  known: Readonly<Record<string, Fact>>,
  found: Readonly<Record<string, Fact>>,
): Readonly<Record<string, Fact>> {
  const newer = Object.entries(found).filter(([name, fact]) => {
    const before = known[name];
    return before === undefined || fact.at >= before.at;
  });
  return { ...known, ...Object.fromEntries(newer) };
}

/** What runs now and what ran before, as far as each is known. */
export interface KnownVersion {
  readonly what: ChangeKind;
  readonly current?: string;
  readonly before?: string;
}

/** The versions among the facts of an incident; what was brought back has no other before. */
export function knownVersions(facts: Readonly<Record<string, Fact>>): readonly KnownVersion[] {
  return CHANGE_KINDS.flatMap((what) => {
    const current = facts[`current_${what}`]?.value;
    const before = facts[`previous_good_${what}`]?.value;
    if (current === undefined && before === undefined) return [];
    return [
      {
        what,
        ...(current === undefined ? {} : { current }),
        ...(before === undefined || before === current ? {} : { before }),
      },
    ];
  });
}

/** `Model v41 → v42 by ana` */
export function describeChange(change: Change): string {
  const what = change.what.charAt(0).toUpperCase() + change.what.slice(1);
  const by = change.by === undefined ? '' : ` by ${change.by}`;
  return `${what} ${change.from ?? 'unknown'} → ${change.to ?? 'unknown'}${by}`;
}
