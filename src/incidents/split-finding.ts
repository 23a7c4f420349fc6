import { AppError } from '../errors.ts';
import { runVerb } from '../verb.ts';
import { declareFrom } from './declare-findings.ts';
import { refresh, say } from './jobs.ts';
import type { IncidentChange, IncidentDeps } from './ports.ts';
import { entry } from './timeline.ts';

/**
 * A person says that an attached signal is a separate incident: it leaves this one and opens its own.
 *
 * @throws AppError `not_found`, `not_allowed_now`.
 */
export function splitFinding(
  deps: IncidentDeps,
  input: { incidentId: string; finding: string; by: string },
): Promise<{ incidentId: string }> {
  const { store } = deps;
  return runVerb(
    {
      load: async () => {
        const incident = await store.incident(input.incidentId);
        if (incident === undefined) throw new AppError('not_found', 'That incident is not known here.');
        return { incident, watch: await store.watch(incident.service) };
      },
      save: (change: IncidentChange) => store.save(change),
    },
    ({ incident, watch }) => {
      const context = { now: deps.clock.now(), newId: deps.newId };
      const service = deps.services.get(incident.service);
      const finding = watch.findings[input.finding];
      if (
        service === undefined ||
        finding === undefined ||
        finding.incidentId !== incident.id ||
        !incident.findings.includes(input.finding)
      ) {
        throw new AppError('not_allowed_now', `That signal is no longer attached to INC-${incident.number}.`);
      }
      if (incident.findings[0] === input.finding) {
        throw new AppError(
          'not_allowed_now',
          `INC-${incident.number} was declared for this signal; it can't be split off.`,
        );
      }
      const { reached: _there, ...alone } = finding;
      const person = { kind: 'person', id: input.by } as const;
      const own = declareFrom(
        { service, playbook: deps.playbook },
        finding,
        [finding],
        `split:${incident.id}:${finding.since.toISOString()}`,
        context,
      );
      const left = { ...incident, findings: incident.findings.filter((key) => key !== input.finding) };
      const said = entry(
        context,
        incident,
        person,
        'note',
        `Split off as a separate incident: ${finding.reason}`,
      );
      return {
        change: {
          watch: {
            ...watch,
            findings: { ...watch.findings, [input.finding]: { ...alone, incidentId: own.incident.id } },
          },
          incidents: [left, { ...own.incident, declaredBy: person }],
          timeline: [said, ...own.timeline],
          jobs: [say(said), ...refresh(incident.id), ...own.jobs],
        },
        result: { incidentId: own.incident.id },
      };
    },
  );
}
