import { AppError } from '../errors.ts';
import { contentHash } from '../ids.ts';
import { acknowledged } from '../incidents/change-incident.ts';
import { type Incident, incidentName, isOpen } from '../incidents/incident.ts';
import { incidentValues } from '../incidents/incident-values.ts';
import { refresh } from '../incidents/jobs.ts';
import { entry } from '../incidents/timeline.ts';
import {
  insertIntoHeaders,
  insertIntoJson,
  insertValues,
  namesIn,
  urlSafe,
  type Values,
} from '../insert-values.ts';
import { formatDuration } from '../time.ts';
import { runVerb } from '../verb.ts';
import { checkDeadline, send, showMitigation } from './jobs.ts';
import { type FrozenRequest, isUnderWay, type Mitigation } from './mitigation.ts';
import type { MitigableService, MitigationChange, MitigationDeps } from './ports.ts';
import type { MitigationDefinition } from './schema.ts';

export interface RequestInput {
  readonly incidentId: string;
  readonly name: string;
  readonly reason: string;
  readonly by: string;
  /** The submission's own key: sent twice, it requests once. */
  readonly onceKey: string;
}

/**
 * A person asks for a mitigation. Its parameters are frozen here; an approval is for exactly these.
 * Where the policy asks for no second person it is approved by the request itself, and the timeline says so.
 *
 * @throws AppError `not_found`, `not_allowed_now`, `invalid_input`.
 */
export function requestMitigation(deps: MitigationDeps, input: RequestInput): Promise<Mitigation> {
  return runVerb(
    {
      load: async () => {
        const [incident, before] = await Promise.all([
          deps.store.incident(input.incidentId),
          deps.store.mitigationsOf(input.incidentId),
        ]);
        if (incident === undefined) throw new AppError('not_found', 'That incident is not known here.');
        return { incident, before };
      },
      save: (change: MitigationChange) => deps.store.save(change),
    },
    ({ incident, before }) => {
      const now = deps.clock.now();
      const id = `mit_${contentHash([incident.id, input.onceKey]).slice(0, 26)}`;
      const same = before.find((mitigation) => mitigation.id === id);
      if (same !== undefined) return { change: undefined, result: same };
      const service = deps.services.get(incident.service);
      const definition = service?.mitigations[input.name];
      if (service === undefined || definition === undefined) {
        throw new AppError('not_found', `${incident.service} has no mitigation "${input.name}".`);
      }
      refuseWhenLimited(incident, before, input.name, definition, now);
      const callbackUrl = deps.callbackUrl(id);
      const frozen = freeze(definition, valuesFor(incident, callbackUrl));
      const twoPerson = needsSecondPerson(service, definition);
      const mitigation: Mitigation = {
        id,
        version: 0,
        incidentId: incident.id,
        service: incident.service,
        name: input.name,
        definition,
        ...frozen,
        reason: input.reason.trim(),
        state: twoPerson ? 'requested' : 'approved',
        twoPerson,
        requestedBy: input.by,
        requestedAt: now,
        expiresAt: new Date(now.getTime() + service.approval.expires),
        ...(twoPerson ? {} : { decidedBy: input.by, decidedAt: now }),
      };
      const person = { kind: 'person', id: input.by } as const;
      const context = { now, newId: deps.newId };
      const shown = Object.entries(mitigation.parameters)
        .map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)
        .join(', ');
      const why = mitigation.reason === '' ? '' : ` Reason: ${mitigation.reason}`;
      const timeline = [
        entry(
          context,
          incident,
          person,
          'mitigation_requested',
          `Requested: ${definition.title}${shown === '' ? '' : ` (${shown})`}.${why}`,
          { data: { mitigation: id } },
        ),
        ...(twoPerson
          ? []
          : [
              entry(
                context,
                incident,
                person,
                'mitigation_approved',
                `Approved by its requester: ${policyInWords(service, definition)}.`,
                { data: { mitigation: id } },
              ),
            ]),
      ];
      const jobs = [
        showMitigation(incident.id, id),
        ...(twoPerson
          ? [checkDeadline(id, incident.id, 'approval', mitigation.expiresAt)]
          : [send(incident.id, id)]),
        ...refresh(incident.id),
      ];
      return {
        change: { mitigations: [mitigation], incidents: [acknowledged(incident, now)], timeline, jobs },
        result: mitigation,
      };
    },
  );
}

function refuseWhenLimited(
  incident: Incident,
  before: readonly Mitigation[],
  name: string,
  definition: MitigationDefinition,
  now: Date,
): void {
  const refuse = (why: string): never => {
    throw new AppError('not_allowed_now', `${definition.title}: ${why}`);
  };
  if (!isOpen(incident)) refuse(`${incidentName(incident)} is not open any more. Reopen it first.`);
  const rival = before.find(isUnderWay);
  if (rival !== undefined)
    refuse(`“${rival.definition.title}” is ${rival.state} for this incident; wait for its end or reject it.`);
  const ran = before.filter((mitigation) => mitigation.name === name && mitigation.sentAt !== undefined);
  if (ran.length >= definition.limits.per_incident) {
    refuse(
      `it ran ${ran.length} times for ${incidentName(incident)} already, which is the limit (limits.per_incident).`,
    );
  }
  const last = Math.max(0, ...ran.map((mitigation) => mitigation.sentAt?.getTime() ?? 0));
  const wait = last + definition.limits.cooldown - now.getTime();
  if (last > 0 && wait > 0)
    refuse(`it ran a moment ago; it may run again in ${formatDuration(wait)} (limits.cooldown).`);
}

/** Whether policy wants a second person for this mitigation (design §8, `approval.two_person`). */
export function needsSecondPerson(service: MitigableService, definition: MitigationDefinition): boolean {
  const { two_person } = service.approval;
  return two_person === 'always' || (two_person === 'high_risk' && definition.risk === 'high');
}

function policyInWords(service: MitigableService, definition: MitigationDefinition): string {
  return service.approval.two_person === 'never'
    ? 'the service file says two_person: never'
    : `${definition.risk} risk needs no second person`;
}

/** What `{{…}}` may name in a mitigation's request. */
function valuesFor(incident: Incident, callbackUrl: string | undefined): Values {
  return { ...incidentValues(incident), ...(callbackUrl === undefined ? {} : { callback_url: callbackUrl }) };
}

function freeze(
  definition: MitigationDefinition,
  values: Values,
): Pick<Mitigation, 'request' | 'parametersHash' | 'parameters'> {
  const { method, url, headers, body } = definition.request;
  const request: FrozenRequest = {
    method,
    url: insertValues(url, values, urlSafe),
    headers: insertIntoHeaders(headers, values),
    body: JSON.stringify(insertIntoJson(body, values)),
  };
  const named = namesIn(JSON.stringify(definition.request)).filter((name) => name.startsWith('facts.'));
  const parameters = Object.fromEntries(
    named.map((name) => [name.slice('facts.'.length), values[name] ?? '']),
  );
  return { request, parameters, parametersHash: contentHash(request) };
}
