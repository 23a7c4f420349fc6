import { contentHash } from '../ids.ts';
import { DAY, HOUR, MINUTE } from '../time.ts';
import type { Alert, Signal } from './signal.ts';

/** No request is on its way for longer: the same bytes after that were sent anew. */
const ON_ITS_WAY = MINUTE;
/** What fires on is written down this often, so that it is not taken for silent. */
const STILL = DAY;
/** An end is told later than it was, by this much at most: it must come after what was told before it. */
const LATE = HOUR;

/** What stands in the database of alerts that are stored already. */
export interface AlreadySaid {
  /** This very delivery was taken before. */
  readonly sameDelivery: boolean;
  /** By the id of each alert that is stored: what its source said last of the same key. */
  readonly last: ReadonlyMap<string, LastSaid>;
}

/** What a source said last of an alert. */
export interface LastSaid {
  readonly id: string;
  readonly status: Alert['status'];
  readonly at: Date;
  /** When aire heard it. */
  readonly heardAt: Date;
}

/**
 * Alerts of a sender that repeats itself (integrations §3.1): one that is stored already is news again, under an id of
 * its own, when the opposite was said in between, or when it was said last a day ago. Alertmanager sends what a group
 * has to say one after the other and sees to it that its last word holds, while its times tell nothing: `startsAt` stays
 * as it is through a flap, and no delivery says when it was sent. So what was heard last decides.
 *
 * The limit: the same bytes within a minute of the opposite are a straggler and change nothing, though an alert may also
 * have flapped in that minute; then it is news with the sender's next repeat.
 */
export function withSaidAgain(
  signals: readonly Signal[],
  { sameDelivery, last }: AlreadySaid,
  now: Date,
): { readonly signals: readonly Signal[]; readonly again: readonly string[] } {
  const again: string[] = [];
  const said = signals.map((signal) => {
    if (signal.type !== 'alert') return signal;
    const heard: Alert = { ...signal, heardAt: now };
    const before = last.get(signal.id);
    if (before === undefined || !isNews(heard, before, sameDelivery, now)) return heard;
    // By what it follows: both of a cluster, and each repeat, say the same.
    const id = contentHash([signal.id, before.id]);
    again.push(id);
    return { ...heard, id, at: signal.at > before.at ? signal.at : justAfter(before.at, now) };
  });
  return { signals: said, again };
}

function justAfter(before: Date, now: Date): Date {
  return new Date(Math.max(before.getTime() + 1, now.getTime() - LATE));
}

function isNews({ status }: Alert, before: LastSaid, sameDelivery: boolean, now: Date): boolean {
  const age = now.getTime() - before.heardAt.getTime();
  if (status === before.status) return status === 'firing' && age >= STILL;
  return !sameDelivery || age >= ON_ITS_WAY;
}
