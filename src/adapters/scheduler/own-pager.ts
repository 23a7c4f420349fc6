import type { Logger } from '../../log.ts';
import { type Clock, formatUtc } from '../../time.ts';
import { duePages, pageKey, pageSummary, type Standing, type Trouble } from './own-pages.ts';

/** An event for PagerDuty; those of one key are about one alert. */
export type OwnPage =
  | { readonly action: 'resolve'; readonly key: string }
  | {
      readonly action: 'trigger';
      readonly key: string;
      readonly summary: string;
      readonly at: Date;
      readonly details: Readonly<Record<string, string>>;
    };

export interface OwnPagerOptions {
  /** Ends in bounded time and does not throw. Sending twice is harmless. */
  readonly send: (
    page: OwnPage,
  ) => Promise<{ readonly kind: 'ok' } | { readonly kind: 'not_now' | 'refused'; readonly reason: string }>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Brings PagerDuty in line with how the troubles stand. `words`: what is wrong, of each that is there. */
export type OwnPager = (
  now: ReadonlyMap<Trouble, Standing>,
  words: ReadonlyMap<Trouble, string>,
) => Promise<void>;

/**
 * Sends without the outbox, which may be what is stuck: whoever calls at each check makes the retries. What it forgets
 * in a restart is made good by {@link duePages}.
 */
export function createOwnPager({ send, clock, log }: OwnPagerOptions): OwnPager {
  const known = new Map<Trouble, 'trigger' | 'resolve'>();
  const since = new Map<Trouble, Date>();
  /** By action, so that a failure is in the log once and not at each check. */
  const failures = new Map<string, string>();

  async function tell(trouble: Trouble, page: OwnPage): Promise<void> {
    const { action } = page;
    const answer = await send(page);
    // A refused one is not mended by sending it again.
    if (answer.kind !== 'not_now') known.set(trouble, action);
    if (answer.kind === 'ok') {
      failures.delete(action);
      if (action === 'trigger')
        log.warn({ problem: trouble }, 'paged for a problem of aire, since Slack does not show it');
    } else if (failures.get(action) !== answer.reason) {
      failures.set(action, answer.reason);
      log.error(
        { problem: trouble, action, reason: answer.reason },
        answer.kind === 'refused'
          ? 'PagerDuty refuses to hear of a problem of aire'
          : 'PagerDuty could not be told of a problem of aire; it is tried again at the next check',
      );
    }
  }

  return async (now, words) => {
    for (const [trouble, standing] of now) {
      if (standing === 'absent') since.delete(trouble);
      else if (!since.has(trouble)) since.set(trouble, clock.now());
    }
    await Promise.all(
      duePages(known, now).map(({ trouble, action }) => {
        const key = pageKey(trouble);
        if (action === 'resolve') return tell(trouble, { action, key });
        const at = since.get(trouble) ?? clock.now();
        const text = words.get(trouble) ?? '';
        return tell(trouble, {
          action,
          key,
          summary: pageSummary(trouble, text),
          at,
          details: { problem: trouble, what: text, since: formatUtc(at) },
        });
      }),
    );
  };
}
