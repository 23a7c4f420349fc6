import { type Clock, SECOND } from '../../../time.ts';
import { SlackRefusal } from './slack-refusal.ts';

const LIFETIME_MS = 3 * SECOND;

/** The ids that let a bot open a modal for whoever just acted: single use, 3 s of wall time (reference §1.1). */
export interface Triggers {
  issue(user: string): string;
  /**
   * Uses the trigger and says whose it is.
   * @throws SlackRefusal `invalid_trigger_id`, `exchanged_trigger_id`, `expired_trigger_id`.
   */
  exchange(id: string | undefined): string;
}

export function createTriggers(wall: Clock, nextId: (prefix: string) => string, teamId: string): Triggers {
  const issued = new Map<string, { readonly user: string; readonly at: number; used: boolean }>();
  return {
    issue(user) {
      const id = `${nextId('')}.${teamId}.trigger`;
      issued.set(id, { user, at: wall.now().getTime(), used: false });
      return id;
    },
    exchange(id) {
      const trigger = issued.get(id ?? '');
      if (trigger === undefined) throw new SlackRefusal('invalid_trigger_id');
      if (trigger.used) throw new SlackRefusal('exchanged_trigger_id');
      if (wall.now().getTime() - trigger.at > LIFETIME_MS) throw new SlackRefusal('expired_trigger_id');
      trigger.used = true;
      return trigger.user;
    },
  };
}
