import { AppError } from '../errors.ts';
import type { IncidentKind } from '../triggers/schema.ts';
import type { Severity } from '../triggers/severity.ts';
import { runVerb } from '../verb.ts';
import { referTo } from './incident.ts';
import { openIncident } from './open-incident.ts';
import type { IncidentChange, IncidentDeps } from './ports.ts';

export interface DeclareInput {
  readonly service: string;
  readonly title: string;
  readonly reason?: string;
  readonly kind: IncidentKind;
  readonly severity: Severity;
  readonly by: string;
  /** The submission's own key: sent twice, it declares once. */
  readonly onceKey: string;
}

/**
 * A person declares an incident. One incident of a kind is open per service, so that signals know where to attach.
 *
 * @throws AppError `invalid_input`, `not_found`, `not_allowed_now`.
 */
export function declareIncident(deps: IncidentDeps, input: DeclareInput): Promise<{ incidentId: string }> {
  const service = deps.services.get(input.service);
  if (service === undefined) throw new AppError('not_found', `There is no service "${input.service}".`);
  const title = input.title.trim();
  if (title === '') throw new AppError('invalid_input', 'Say in a few words what is wrong.');
  const declareKey = `person:${input.onceKey}`;
  return runVerb(
    {
      load: async () => {
        // The watch first: whoever declares after it was read has changed its version.
        const watch = await deps.store.watch(input.service);
        return { watch, open: await deps.store.openIncidents(input.service) };
      },
      save: (change: IncidentChange) => deps.store.save(change),
    },
    ({ watch, open }) => {
      const context = { now: deps.clock.now(), newId: deps.newId };
      const same = open.find((incident) => incident.declareKey === declareKey);
      if (same !== undefined) return { change: undefined, result: { incidentId: same.id } };
      const rival = open.find((incident) => incident.kind === input.kind);
      if (rival !== undefined) {
        throw new AppError(
          'not_allowed_now',
          `${referTo(rival)} of this kind is open for ${input.service}: ${rival.title}. Work there, or choose another kind for a separate incident.`,
        );
      }
      const { incident, timeline, jobs } = openIncident(
        {
          service,
          playbook: deps.playbook,
          title,
          reason: input.reason?.trim() || title,
          kind: input.kind,
          severity: input.severity,
          declareKey,
          by: { kind: 'person', id: input.by },
          findings: [],
        },
        context,
      );
      // The watch is written too, so that a trigger firing at this moment sees the incident and attaches.
      return {
        change: { watch, incidents: [incident], timeline, jobs },
        result: { incidentId: incident.id },
      };
    },
  );
}
