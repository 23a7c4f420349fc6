import type { ServiceDirectory, ServiceIdentity } from '../services/schema.ts';
import type { TriggerSettings } from '../triggers/schema.ts';
import type { NewJob } from '../verb.ts';
import type { ReviewStore } from './ports.ts';
import { RECORD_WINDOW } from './trigger-record.ts';
import { REVIEW_WINDOW, type WeeklyReview, weeklyReview } from './weekly-review.ts';

/** Collects what the weekly review is about: the seven days that end at `now`. */
export async function collectReview(
  store: ReviewStore,
  services: ServiceDirectory<ServiceIdentity & Pick<TriggerSettings, 'declare'>>,
  now: Date,
): Promise<WeeklyReview> {
  const from = new Date(now.getTime() - REVIEW_WINDOW);
  const [incidents, means, openActionItems, proposals] = await Promise.all([
    store.incidentsForReview(from, now),
    store.indicatorMeans(from, now),
    store.openActionItems(),
    store.proposalCounts(new Date(now.getTime() - RECORD_WINDOW), now),
  ]);
  return weeklyReview({
    from,
    to: now,
    services: services.all(),
    incidents,
    means,
    openActionItems,
    proposals,
  });
}

/** Posts the review of the week that ends at `until`; asked for twice under one key, it is posted once. */
export function postReview(key: string, until: Date): NewJob {
  return {
    kind: 'review.post',
    lane: 'review-channel',
    key: `review:${key}`,
    payload: { reviewId: key, until },
  };
}
