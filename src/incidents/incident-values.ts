import type { Values } from '../insert-values.ts';
import { type Incident, incidentName } from './incident.ts';

/** What `{{…}}` may name wherever a service file speaks of an incident. */
export function incidentValues(incident: Incident): Values {
  return {
    ...Object.fromEntries(
      Object.entries(incident.facts).map(([name, fact]) => [`facts.${name}`, fact.value]),
    ),
    service: incident.service,
    'incident.name': incidentName(incident),
    'incident.severity': incident.severity,
  };
}
