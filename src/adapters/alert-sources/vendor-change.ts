import type { Reading } from '../../signals/receive-delivery.ts';
import { changeRuleToAdd, routeChange, type UnroutedChange } from '../../signals/route-change.ts';
import type { Change, ChangeKind } from '../../signals/signal.ts';
import { boundedLabels, clipped } from './labels.ts';
import { type RoutedService, webAddress } from './vendor-alert.ts';

/** What a vendor says moved, in our words, before it is known whose it is. */
export interface VendorChange extends UnroutedChange, Pick<Change, 'id' | 'at' | 'labels'> {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly by?: string | undefined;
  readonly url?: string | undefined;
  /** In a few words, for the answer. */
  readonly called: string;
  /** What the rule that is proposed says it is. */
  readonly usually: ChangeKind;
}

/**
 * A delivery of one change: a signal for each service that claims it. One of nobody is answered and nothing more: a
 * repository or a project sends all it does, and most of it concerns no service.
 */
export function readChange(change: VendorChange, services: readonly RoutedService[], now: Date): Reading {
  const claims = routeChange(change, services);
  if (claims.length === 0) {
    return {
      kind: 'nothing',
      why: `No service file claims ${change.called}, so it is not recorded. If it moves a service, add to its file:  ${changeRuleToAdd(change, change.usually)}`,
    };
  }
  const url = webAddress(change.url);
  return {
    kind: 'signals',
    refused: [],
    signals: claims.map(
      ({ service, what }): Change => ({
        type: 'change',
        id: `${change.id}:${service}`,
        source: change.from,
        service,
        at: change.at > now ? now : change.at,
        labels: boundedLabels(change.labels, {}),
        what,
        ...(change.before === undefined ? {} : { from: clipped(change.before) }),
        ...(change.after === undefined ? {} : { to: clipped(change.after) }),
        ...(change.by === undefined ? {} : { by: clipped(change.by) }),
        ...(url === undefined ? {} : { url }),
      }),
    ),
  };
}
