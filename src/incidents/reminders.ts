import { isSettled, nextStep, stepsOfPhase } from '../runbooks/next-steps.ts';
import { PHASES, type RunbookPhase } from '../runbooks/schema.ts';
import { formatDuration, MINUTE } from '../time.ts';
import type { NewJob } from '../verb.ts';
import { type Incident, incidentName, isOpen } from './incident.ts';

/** What an incident is looked at for, later: a phase's window, or the time after which its owners are told. */
export type Reminder = RunbookPhase | 'unresolved';

/** Unresolved for this long, it goes to the team that owns the service (reference §E). */
export const ESCALATE_AFTER = 30 * MINUTE;

/** What a due reminder does: nothing, nudge whoever leads, or call the owners. */
export type DueReminder =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'nudge'; readonly text: string }
  | { readonly kind: 'escalate'; readonly text: string };

/** Looked at when the incident is declared: windows count from declaration (reference §E). */
export function remindersFromDeclaration(incident: Incident): readonly NewJob[] {
  const { triage, scope, mitigate } = incident.runbook.phases;
  return [
    remindAt(incident, 'triage', incident.declaredAt, triage.window),
    remindAt(incident, 'scope', incident.declaredAt, scope.window),
    remindAt(incident, 'unresolved', incident.declaredAt, ESCALATE_AFTER),
    remindAt(incident, 'mitigate', incident.declaredAt, mitigate.window),
  ];
}

/** The follow-up's window counts from resolution. */
export function reminderFromResolution(incident: Incident, resolvedAt: Date): NewJob {
  return remindAt(incident, 'post_incident', resolvedAt, incident.runbook.phases.post_incident.window);
}

function remindAt(incident: Incident, reminder: Reminder, from: Date, window: number): NewJob {
  return {
    kind: 'incident.remind',
    lane: `incident-reminders:${incident.id}`,
    key: `remind:${incident.id}:${reminder}:${from.toISOString()}`,
    payload: { incidentId: incident.id, reminder },
    dueAt: new Date(from.getTime() + window),
  };
}

/** What a reminder that has become due says of the incident as it is now. SEV4 is nudged about by nobody before its follow-up. */
export function dueReminder(incident: Incident, reminder: Reminder, now: Date): DueReminder {
  const quiet = incident.severity === 'SEV4';
  if (reminder === 'unresolved') {
    // Mitigated means that users are well again: nobody is woken to watch it.
    if (!isOpen(incident) || incident.mitigatedAt !== undefined || quiet) return { kind: 'nothing' };
    const age = formatDuration(now.getTime() - incident.declaredAt.getTime());
    return {
      kind: 'escalate',
      text: `${incidentName(incident)} has not been resolved for ${age}: the owners of ${incident.service} are asked to join.`,
    };
  }
  const isOver =
    reminder === 'post_incident'
      ? incident.phase === 'post_incident'
      : isOpen(incident) && behind(incident, reminder);
  if (!isOver || (quiet && reminder !== 'post_incident')) return { kind: 'nothing' };
  return { kind: 'nudge', text: nudge(incident, reminder) };
}

/** The incident is still in the phase whose window ended, or before it. */
function behind(incident: Incident, reminder: RunbookPhase): boolean {
  return PHASES.map(String).indexOf(incident.phase) <= PHASES.indexOf(reminder);
}

function nudge(incident: Incident, reminder: RunbookPhase): string {
  const phase = PHASES.find((each) => each === incident.phase) ?? reminder;
  const { title, window } = incident.runbook.phases[reminder];
  const steps = stepsOfPhase(incident.runbook.steps, incident.steps, phase, incident);
  const open = steps.filter((step) => !isSettled(step.state)).length;
  const next = nextStep(steps);
  const todo =
    next === undefined
      ? 'All its steps are settled: go on.'
      : `${open} of ${steps.length} steps are open. Next: ${next.definition.title}`;
  return `${title} should be over after ${formatDuration(window)}; ${incidentName(incident)} is in ${phase.replaceAll('_', ' ')}. ${todo}`;
}
