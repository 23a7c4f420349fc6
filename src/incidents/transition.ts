import { AppError } from '../errors.ts';
import { type Incident, incidentName, isOpen, type Phase } from './incident.ts';

/** What may happen to an incident's phase. */
export type PhaseEvent =
  | { readonly type: 'advance'; readonly to: 'scope' | 'mitigate' }
  | { readonly type: 'resolve' }
  | { readonly type: 'reopen' }
  | { readonly type: 'cancel' }
  | { readonly type: 'close' };

const ORDER: readonly Phase[] = ['triage', 'scope', 'mitigate'];

/**
 * The lifecycle (design §2): triage → scope → mitigate → post_incident → closed; cancelled only from
 * triage; reopened to mitigate. Sets the milestones that belong to the step; a skipped "mitigated" takes the resolved time.
 *
 * @throws AppError `not_allowed_now` in words that say what is possible instead.
 */
export function transition(incident: Incident, event: PhaseEvent, now: Date): Incident {
  const name = incidentName(incident);
  const refuse = (why: string): never => {
    throw new AppError('not_allowed_now', `${name} ${why}`);
  };
  switch (event.type) {
    case 'advance':
      if (!isOpen(incident)) refuse(`is ${describePhase(incident.phase)}; its phase can't be advanced.`);
      if (ORDER.indexOf(event.to) <= ORDER.indexOf(incident.phase)) {
        refuse(`is already ${describePhase(incident.phase)}.`);
      }
      return { ...incident, phase: event.to };
    case 'resolve':
      if (!isOpen(incident)) refuse(`is ${describePhase(incident.phase)} already.`);
      return {
        ...incident,
        phase: 'post_incident',
        resolvedAt: now,
        mitigatedAt: incident.mitigatedAt ?? now,
      };
    case 'reopen': {
      if (incident.phase !== 'post_incident' && incident.phase !== 'closed') {
        refuse(`is ${describePhase(incident.phase)}; only a resolved or closed incident can be reopened.`);
      }
      const { resolvedAt: _resolved, closedAt: _closed, mitigatedAt: _mitigated, ...rest } = incident;
      return { ...rest, phase: 'mitigate' };
    }
    case 'cancel':
      if (incident.phase !== 'triage') {
        refuse(
          `is ${describePhase(incident.phase)}; only an incident in triage can be cancelled. Resolve it instead.`,
        );
      }
      return { ...incident, phase: 'cancelled', closedAt: now };
    case 'close':
      if (incident.phase !== 'post_incident') {
        refuse(`is ${describePhase(incident.phase)}; resolve it before closing it.`);
      }
      return { ...incident, phase: 'closed', closedAt: now };
  }
}

/** The phase as it stands in a sentence: "in triage", "resolved", "closed". */
export function describePhase(phase: Phase): string {
  switch (phase) {
    case 'triage':
    case 'scope':
    case 'mitigate':
      return `in ${phase}`;
    case 'post_incident':
      return 'resolved';
    case 'closed':
    case 'cancelled':
      return phase;
  }
}
