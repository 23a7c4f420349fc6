import { PROBLEMS, SIGHTINGS_TO_REPORT } from './own-problems.ts';

/** What somebody is paged for while Slack can't be told: the problems, and a database that does not answer. */
export const TROUBLES = [...PROBLEMS, 'database_away'] as const;
export type Trouble = (typeof TROUBLES)[number];

/** How a trouble stands at a check. `untold`: it is there, it stays, and the incidents channel does not say so. */
export type Standing = 'absent' | 'noticed' | 'untold';

/** What PagerDuty was told last of each trouble; absent: not known, as after a start. */
export type Pages = ReadonlyMap<Trouble, 'trigger' | 'resolve'>;

/** Slack has had one interval for a problem that was reported at the check before. */
export function standingOf(sightings: number, isTold: boolean): Standing {
  if (sightings === 0) return 'absent';
  return sightings > SIGHTINGS_TO_REPORT && !isTold ? 'untold' : 'noticed';
}

/** Slack is told by way of the database, so nothing is waited for. @param checks how many in a row failed. */
export function standingOfDatabase(checks: number): Standing {
  if (checks === 0) return 'absent';
  return checks >= SIGHTINGS_TO_REPORT ? 'untold' : 'noticed';
}

/**
 * What PagerDuty is to be told. A page stays until its trouble is over, also when Slack has taken the message meanwhile.
 * What is not there and not known is resolved, since an earlier process may have paged for it. A trouble that `now` does
 * not name could not be looked at.
 */
export function duePages(
  known: Pages,
  now: ReadonlyMap<Trouble, Standing>,
): readonly { readonly trouble: Trouble; readonly action: 'trigger' | 'resolve' }[] {
  return [...now].flatMap(([trouble, standing]) => {
    const action = standing === 'untold' ? 'trigger' : standing === 'absent' ? 'resolve' : undefined;
    return action === undefined || known.get(trouble) === action ? [] : [{ trouble, action }];
  });
}

/**
 * One alert for each trouble, whichever replica sees it and however often it has been started. It begins as the keys of
 * incidents' pages do: when its webhook comes back, it is known to be aire's own and declares nothing.
 */
export function pageKey(trouble: Trouble): string {
  return `aire-self-${trouble}`;
}

/** What is said of a database that does not answer. */
export const DATABASE_AWAY =
  'The database does not answer. Until it does, aire takes no alerts (their senders get 503) and does nothing. Look at the database, and for “aire can’t watch itself” in the log.';

/** The line that a phone shows. `words` are those of the incidents channel. */
export function pageSummary(trouble: Trouble, words: string): string {
  return trouble === 'database_away'
    ? `aire has a problem: ${words}`
    : `aire has a problem, and Slack has not taken its message: ${words}`;
}
