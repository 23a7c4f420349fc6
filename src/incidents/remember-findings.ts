import { isDeepStrictEqual } from 'node:util';
import { MINUTE } from '../time.ts';
import type { Finding } from '../triggers/trigger.ts';
import { reachedBy } from './raise-severity.ts';
import type { ServiceWatch, WatchedFinding } from './watch.ts';

/** Findings with what is remembered of them; a firing one that can't be evaluated any more keeps its links. */
export function remember(
  watch: ServiceWatch,
  findings: readonly Finding[],
  now: Date,
): Record<string, WatchedFinding> {
  const seen = findings.map((finding): [string, WatchedFinding] => {
    const before = watch.findings[finding.key];
    const since = before?.state === finding.state ? before.since : now;
    // Without data in between it goes on, so it began when it began.
    const wentOn = before?.state === 'firing' || before?.state === 'not_evaluable';
    const found = wentOn && before.onset !== undefined ? begunAs(before, finding) : finding;
    return [finding.key, { since, ...found, ...memoriesOf(before, finding) }];
  });
  return Object.fromEntries(seen);
}

/** When something began is found out once, when it fires. */
function begunAs({ onset, onsetBetween }: Finding, finding: Finding): Finding {
  const { onset: _onset, onsetBetween: _between, ...found } = finding;
  return {
    ...found,
    ...(onset === undefined ? {} : { onset }),
    ...(onsetBetween === undefined ? {} : { onsetBetween }),
  };
}

/** What an evaluation does not find out again: what became of the finding. */
function memoriesOf(
  before: WatchedFinding | undefined,
  finding: Finding,
): Pick<WatchedFinding, 'incidentId' | 'proposalId' | 'askedIn' | 'declaredAt' | 'reached'> {
  const reached = before?.incidentId === undefined ? undefined : reachedBy(before, finding);
  return {
    ...(before?.incidentId === undefined ? {} : { incidentId: before.incidentId }),
    ...(reached === undefined || reached === finding.severity ? {} : { reached }),
    ...(before?.proposalId === undefined ? {} : { proposalId: before.proposalId }),
    ...(before?.askedIn === undefined ? {} : { askedIn: before.askedIn }),
    ...(before?.declaredAt === undefined ? {} : { declaredAt: before.declaredAt }),
  };
}

/** A finding that is over: it belongs to nothing any more, but what was asked about it last is still known. */
export function unlinked(finding: WatchedFinding): WatchedFinding {
  // Nearly all of what is well belongs to nothing.
  if (finding.incidentId === undefined && finding.reached === undefined && finding.proposalId === undefined)
    return finding;
  const { incidentId: _incident, reached: _reached, proposalId, ...rest } = finding;
  return proposalId === undefined ? rest : { ...rest, askedIn: proposalId };
}

/**
 * Whether nothing is new enough to be written. What is well, or can't be judged, changes with every measurement; it is
 * shown to people only, so that a moment's difference is none.
 */
export function isAsRemembered(
  before: ServiceWatch['findings'],
  next: Readonly<Record<string, WatchedFinding>>,
): boolean {
  const keys = Object.keys(next);
  return (
    keys.length === Object.keys(before).length &&
    keys.every((key) => {
      const [was, is] = [before[key], next[key]];
      if (was === undefined || is === undefined) return false;
      return isQuiet(was) && isQuiet(is) && isSoonAfter(was, is)
        ? isSameButSeen(was, is)
        : isDeepStrictEqual(was, is);
    })
  );
}

/** Nothing is done about it. */
function isQuiet({ state, incidentId, proposalId }: WatchedFinding): boolean {
  return (
    (state === 'healthy' || state === 'not_evaluable') && incidentId === undefined && proposalId === undefined
  );
}

/** Within a minute, or a third of the time for which what was seen holds. */
function isSoonAfter(was: WatchedFinding, is: WatchedFinding): boolean {
  if (was.observedAt === undefined || is.observedAt === undefined) return false;
  const seen = was.observedAt.getTime();
  const holds = (was.freshUntil?.getTime() ?? Infinity) - seen;
  return Math.abs(is.observedAt.getTime() - seen) < Math.min(MINUTE, holds / 3);
}

function isSameButSeen(was: WatchedFinding, is: WatchedFinding): boolean {
  return (
    was.state === is.state &&
    was.severity === is.severity &&
    was.since.getTime() === is.since.getTime() &&
    was.askedIn === is.askedIn &&
    was.declaredAt?.getTime() === is.declaredAt?.getTime()
  );
}
