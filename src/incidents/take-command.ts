import { acknowledged, type ChangeDeps, changeIncident } from './change-incident.ts';
import { type Incident, isOpen } from './incident.ts';
import { refresh, say } from './jobs.ts';
import { entry } from './timeline.ts';

/** A person becomes the incident's commander, which acknowledges it. Taking it twice changes nothing. */
export function takeCommand(deps: ChangeDeps, input: { incidentId: string; by: string }): Promise<Incident> {
  return changeIncident(deps, input.incidentId, (incident, context) => {
    if (incident.commander === input.by || !isOpen(incident)) return { change: undefined, result: incident };
    const next = { ...acknowledged(incident, context.now), commander: input.by };
    const said = entry(
      context,
      incident,
      { kind: 'person', id: input.by },
      'acknowledged',
      'Took command of the incident.',
    );
    return {
      change: { incidents: [next], timeline: [said], jobs: [say(said), ...refresh(incident.id)] },
      result: next,
    };
  });
}
