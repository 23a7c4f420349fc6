import { AppError } from '../errors.ts';
import type { Clock } from '../time.ts';
import { runVerb } from '../verb.ts';
import { type MitigationHold, type Place, settlePlace } from './installation.ts';
import { send, sendHeld, showHold, showMitigation } from './jobs.ts';
import type { MitigationChange, MitigationStore } from './ports.ts';

export interface HoldDeps {
  readonly store: MitigationStore;
  readonly clock: Clock;
}

/**
 * Before anything is sent: holds mitigations when the data was restored since the last start. Of several replicas one
 * notices.
 */
export function noticeRestore({ store, clock }: HoldDeps, place: Place): Promise<'first' | 'same' | 'moved'> {
  return runVerb(
    {
      load: async () => ({
        installation: await store.installation(),
        approved: await store.approvedMitigations(),
      }),
      save: (change: MitigationChange) => store.save(change),
    },
    ({ installation, approved }) => settlePlace(installation, place, approved, clock.now()),
  );
}

/**
 * A person lets mitigations go on after a restore. What is waiting is sent by a job that looks after this is saved, so
 * that nothing approved at the same moment is left behind.
 *
 * @returns the hold as it is now; somebody else may have been faster.
 * @throws AppError `not_allowed_now` when it was restored again since.
 */
export function releaseMitigations(
  deps: HoldDeps,
  input: { readonly by: string; readonly since: string },
): Promise<MitigationHold> {
  return runVerb(
    {
      load: () => deps.store.installation(),
      save: (change: MitigationChange) => deps.store.save(change),
    },
    (installation) => {
      const hold = installation?.hold;
      if (installation === undefined || hold === undefined || hold.since.toISOString() !== input.since) {
        throw new AppError(
          'not_allowed_now',
          'The database was restored again since. Use the newest message about it.',
        );
      }
      if (hold.releasedAt !== undefined) return { change: undefined, result: hold };
      const released = { ...hold, releasedBy: input.by, releasedAt: deps.clock.now() };
      return {
        change: {
          installation: { ...installation, hold: released },
          jobs: [sendHeld(hold.since), showHold(hold.since)],
        },
        result: released,
      };
    },
  );
}

/** Asks again for the sending of everything that is approved; what was sent meanwhile is not sent again. */
export async function sendHeldMitigations(deps: HoldDeps, since: string): Promise<void> {
  const approved = await deps.store.approvedMitigations();
  await deps.store.save({
    jobs: approved.flatMap(({ id, incidentId }) => [
      send(incidentId, id, since),
      showMitigation(incidentId, id),
    ]),
  });
}
