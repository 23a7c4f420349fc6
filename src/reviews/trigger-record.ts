import type { ServiceIdentity } from '../services/schema.ts';
import { DAY } from '../time.ts';
import type { TriggerSettings } from '../triggers/schema.ts';

/** How long back triggers are judged by what people answered. */
export const RECORD_WINDOW = 28 * DAY;

/** What became of what a rule found at a service. */
export interface ProposalCount {
  readonly service: string;
  readonly trigger: string;
  /** Answered by people. */
  readonly declared: number;
  readonly dismissed: number;
  /** Would have declared, and how many of these times people had an incident of their own. */
  readonly shadow: number;
  readonly confirmed: number;
}

/** How far triggers can be trusted: in shadow by their precision, asked by the actionable rate (reference §M). */
export interface TriggerRecord {
  /** One for each service in shadow; `share` is absent when there is nothing to tell it from. */
  readonly shadow: readonly { service: string; times: number; confirmed: number; share?: number }[];
  readonly rules: readonly {
    trigger: string;
    declared: number;
    answered: number;
    share: number;
    met: boolean;
  }[];
}

/** More than this share of what is asked should be an incident (reference §M). */
export const ACTIONABLE = 0.7;

/** Adds up counts: a share of nothing is absent, never zero. */
export function triggerRecord(
  services: readonly (ServiceIdentity & Pick<TriggerSettings, 'declare'>)[],
  counts: readonly ProposalCount[],
): TriggerRecord {
  const sum = (
    of: readonly ProposalCount[],
    what: 'declared' | 'dismissed' | 'shadow' | 'confirmed',
  ): number => of.reduce((total, each) => total + each[what], 0);
  const names = new Set([
    ...services.flatMap((each) => (each.declare === 'shadow' ? [each.service] : [])),
    ...counts.flatMap((each) => (each.shadow > 0 ? [each.service] : [])),
  ]);
  const shadow = [...names].sort().map((service) => {
    const own = counts.filter((each) => each.service === service);
    const [times, confirmed] = [sum(own, 'shadow'), sum(own, 'confirmed')];
    return { service, times, confirmed, ...(times === 0 ? {} : { share: confirmed / times }) };
  });
  const triggers = [...new Set(counts.map((each) => each.trigger))].sort();
  const rules = triggers.flatMap((trigger) => {
    const own = counts.filter((each) => each.trigger === trigger);
    const declared = sum(own, 'declared');
    const answered = declared + sum(own, 'dismissed');
    const share = declared / answered;
    return answered === 0 ? [] : [{ trigger, declared, answered, share, met: share > ACTIONABLE }];
  });
  return { shadow, rules };
}
