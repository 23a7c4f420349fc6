import { AppError } from '../errors.ts';
import type { Incident } from '../incidents/incident.ts';
import type { ServiceWatch } from '../incidents/watch.ts';
import { type Decision, runVerb } from '../verb.ts';
import { showMitigation } from './jobs.ts';
import type { Mitigation } from './mitigation.ts';
import { ended } from './outcome.ts';
import type { MitigationChange, MitigationDeps } from './ports.ts';
import { type RecoveryCriterion, verifyRecovery } from './verification.ts';

/** Looks at every mitigation of a service that waits for proof; called when new measurements were evaluated. */
export async function verifyMitigations(deps: MitigationDeps, service: string): Promise<void> {
  for (const mitigation of await deps.store.verifying(service)) await checkMitigation(deps, mitigation.id);
}

/**
 * Moves on whatever is due for one mitigation: an approval nobody gave or used expires, an answer that never came makes
 * the outcome unknown, a verification succeeds, fails or goes on waiting.
 *
 * @throws AppError `not_found`.
 */
export function checkMitigation(deps: MitigationDeps, mitigationId: string): Promise<void> {
  return runVerb(
    {
      load: async () => {
        const mitigation = await deps.store.mitigation(mitigationId);
        const incident =
          mitigation === undefined ? undefined : await deps.store.incident(mitigation.incidentId);
        if (mitigation === undefined || incident === undefined)
          throw new AppError('not_found', 'That mitigation is not known here.');
        const criterion = criterionFor(mitigation, incident, await deps.store.watch(incident.service));
        const since =
          criterion === undefined || mitigation.ranAt === undefined
            ? { checks: [] }
            : await deps.store.checksSince(
                incident.service,
                criterion.sli,
                mitigation.ranAt,
                criterion.slice,
              );
        return { mitigation, incident, criterion, since };
      },
      save: (change: MitigationChange) => deps.store.save(change),
    },
    ({ mitigation, incident, criterion, since }): Decision<MitigationChange, void> => {
      const context = { now: deps.clock.now(), newId: deps.newId };
      const nothing = { change: undefined, result: undefined };
      if (mitigation.state === 'requested' && context.now >= mitigation.expiresAt) {
        return {
          change: ended(
            mitigation,
            incident,
            'expired',
            'Nobody approved it in time. Request it again if it is still wanted.',
            context,
          ),
          result: undefined,
        };
      }
      if (mitigation.state === 'approved' && context.now >= mitigation.expiresAt) {
        const detail = 'Not sent: the approval has expired. Request it again.';
        return { change: ended(mitigation, incident, 'expired', detail, context), result: undefined };
      }
      if (mitigation.state === 'running' && answerIsOverdue(mitigation, context.now)) {
        return {
          change: ended(
            mitigation,
            incident,
            'unknown',
            'The target took it but never reported back. Look at the target and say what happened.',
            context,
          ),
          result: undefined,
        };
      }
      if (mitigation.state !== 'verifying') return nothing;
      if (criterion === undefined) {
        const due = (mitigation.ranAt?.getTime() ?? 0) + mitigation.definition.verify.within;
        if (context.now.getTime() < due) return nothing;
        const detail = `There is no baseline for ${mitigation.definition.verify.sli ?? 'its SLI'}, so nobody knows whether it helped.`;
        return { change: ended(mitigation, incident, 'unknown', detail, context), result: undefined };
      }
      const own = deps.services.get(incident.service)?.slis ?? {};
      const verification = verifyRecovery(mitigation, criterion, since, context.now, own);
      switch (verification.kind) {
        case 'recovered':
          return {
            change: ended(mitigation, incident, 'succeeded', verification.detail, context),
            result: undefined,
          };
        case 'not_recovered':
          return {
            change: ended(mitigation, incident, 'failed', verification.detail, context),
            result: undefined,
          };
        case 'no_data':
          return {
            change: ended(mitigation, incident, 'unknown', verification.detail, context),
            result: undefined,
          };
        case 'waiting':
          return verification.detail === mitigation.detail
            ? nothing
            : {
                change: {
                  mitigations: [{ ...mitigation, detail: verification.detail }],
                  jobs: [showMitigation(incident.id, mitigation.id)],
                },
                result: undefined,
              };
      }
    },
  );
}

function answerIsOverdue(mitigation: Mitigation, now: Date): boolean {
  const timeout = mitigation.definition.confirm?.callback.timeout;
  return (
    timeout !== undefined &&
    mitigation.sentAt !== undefined &&
    now.getTime() >= mitigation.sentAt.getTime() + timeout
  );
}

/** The SLI that fired, or the slice of it, unless the mitigation names another one that is being watched. */
function criterionFor(
  mitigation: Mitigation,
  incident: Incident,
  watch: ServiceWatch,
): RecoveryCriterion | undefined {
  const wanted = mitigation.definition.verify.sli;
  if (incident.fired !== undefined && (wanted === undefined || wanted === incident.fired.sli))
    return incident.fired;
  const watched = Object.values(watch.findings).find(
    (finding) => finding.sli === wanted && finding.slice === undefined && finding.baseline !== undefined,
  );
  if (watched?.sli === undefined || watched.baseline === undefined) return undefined;
  return { sli: watched.sli, baseline: watched.baseline, recoveredWithin: watched.recoveredWithin ?? 0 };
}
