import type { Incident, Phase } from '../../../incidents/incident.ts';

const WORDS: Readonly<Record<Phase, string>> = {
  triage: 'Triage',
  scope: 'Scope',
  mitigate: 'Mitigate',
  post_incident: 'Resolved',
  closed: 'Closed',
  cancelled: 'Cancelled',
};

/** `Mitigate`, or what the incident has become. */
export function phaseWord(phase: Phase): string {
  return WORDS[phase];
}

/** A sign that is told apart at a glance, then the phase in words: colour alone says nothing to some. */
export function phaseBadge(incident: Pick<Incident, 'phase' | 'mitigatedAt'>): string {
  const sign =
    incident.phase === 'closed' || incident.phase === 'cancelled'
      ? ':white_circle:'
      : incident.phase === 'post_incident'
        ? ':large_green_circle:'
        : incident.mitigatedAt !== undefined
          ? ':large_yellow_circle:'
          : ':red_circle:';
  const word =
    incident.mitigatedAt !== undefined &&
    (incident.phase === 'mitigate' || incident.phase === 'scope' || incident.phase === 'triage')
      ? 'Mitigated'
      : phaseWord(incident.phase);
  return `${sign} ${word}`;
}
