import { formatSliValue, sliDefinition } from '../services/slis.ts';
import { formatDuration, MINUTE } from '../time.ts';
import type { Check } from '../triggers/evidence.ts';
import { type Slice, sliTitle } from '../triggers/slice.ts';
import { extendRun, type Run } from '../triggers/sustained.ts';
import { runVerb } from '../verb.ts';
import { AIRE, type Incident, incidentName, isOpen } from './incident.ts';
import { escalate, say, watchLatency } from './jobs.ts';
import { pageOwnersJob } from './paging.ts';
import type { IncidentChange, IncidentDeps, IncidentService } from './ports.ts';
import { ESCALATE_AFTER } from './reminders.ts';
import { entry } from './timeline.ts';

/** Beyond this many times its SLO for longer than this, slow inference goes to the owners at once (reference §E). */
const TIMES = 5;
export const SLOW_FOR = 15 * MINUTE;

/**
 * Calls the owners of an incident whose fired latency has been beyond five times its SLO for a quarter of an hour; looks
 * again when it may have been so for that long. Run again, it says nothing twice.
 *
 * @throws AppError `conflict`.
 */
export async function escalateLatency(deps: IncidentDeps, incidentId: string): Promise<void> {
  const { store } = deps;
  await runVerb(
    {
      load: async () => {
        const incident = await store.incident(incidentId);
        const service = incident === undefined ? undefined : deps.services.get(incident.service);
        const limit = incident === undefined ? undefined : latencyLimit(incident, service);
        if (incident === undefined || limit === undefined) return undefined;
        const wanted = {
          slis: [limit.sli],
          history: new Map([[limit.sli, 2 * SLOW_FOR]]),
          baselineWindow: 2 * SLOW_FOR,
          baselines: new Set<string>(),
          reports: 0,
          ...(limit.slice === undefined ? {} : { slices: [limit.slice.label] }),
        };
        const { slis, slices } = await store.evidence(incident.service, wanted, deps.clock.now());
        const known =
          limit.slice === undefined
            ? slis.get(limit.sli)
            : slices?.watched.find(
                (each) => each.sli === limit.sli && each.slice.value === limit.slice?.value,
              );
        return { incident, limit, checks: known?.checks ?? [] };
      },
      save: (change: IncidentChange) => store.save(change),
    },
    (state) => {
      if (state === undefined) return { change: undefined, result: undefined };
      const { incident, limit } = state;
      const lasted = beyond(state.checks, limit.value)?.lasted ?? 0;
      if (lasted < SLOW_FOR) {
        const again = new Date(deps.clock.now().getTime() + Math.max(MINUTE, SLOW_FOR - lasted));
        // From then on the owners have been called in any case.
        const isLate = again.getTime() >= incident.declaredAt.getTime() + ESCALATE_AFTER;
        return {
          change: isLate ? undefined : { jobs: [watchLatency(incident.id, again)] },
          result: undefined,
        };
      }
      const definition = sliDefinition(limit.sli);
      const said = {
        ...entry(
          { now: deps.clock.now(), newId: deps.newId },
          incident,
          AIRE,
          'escalated',
          `${sliTitle(definition, limit.slice)} has been above ${TIMES} times its SLO (${formatSliValue(limit.value, definition.unit)}) for ${formatDuration(lasted)}: the owners of ${incident.service} are asked to join ${incidentName(incident)}.`,
        ),
        // The same id whenever it is run, so that its message is sent once.
        id: `ent_slow_${incident.id}`,
      };
      const paged = incident.acknowledgedAt === undefined ? [pageOwnersJob(incident.id, 'escalated')] : [];
      return {
        change: { timeline: [said], jobs: [say(said), escalate(incident.id), ...paged] },
        result: undefined,
      };
    },
  );
}

/** Five times the SLO of the latency that fired, in seconds; undefined where this is no such incident, or no more. */
export function latencyLimit(
  incident: Incident,
  service: IncidentService | undefined,
): { sli: string; slice?: Slice; value: number } | undefined {
  const { sli, slice } = incident.fired ?? {};
  const objective = sli === undefined ? undefined : service?.slos[sli]?.at_most;
  if (sli === undefined || objective === undefined || !sli.startsWith('latency_')) return undefined;
  if (!isOpen(incident) || incident.mitigatedAt !== undefined) return undefined;
  return { sli, ...(slice === undefined ? {} : { slice }), value: TIMES * objective };
}

/** The run of checks beyond the limit that reaches up to the newest. */
function beyond(checks: readonly Check[], limit: number): Run | undefined {
  return checks.reduce<Run | undefined>(
    (run, check, index) =>
      check.value > limit ? extendRun(run, checks[index - 1], check, index, SLOW_FOR) : undefined,
    undefined,
  );
}
