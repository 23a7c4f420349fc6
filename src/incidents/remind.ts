import { type ChangeDeps, changeIncident } from './change-incident.ts';
import { AIRE } from './incident.ts';
import { escalate, say } from './jobs.ts';
import { pageOwnersJob } from './paging.ts';
import { dueReminder, type Reminder } from './reminders.ts';
import { entry } from './timeline.ts';

/**
 * A reminder has become due: whoever leads is nudged, or the owners are called. Run again, it says nothing twice.
 *
 * @throws AppError `not_found`.
 */
export function remind(deps: ChangeDeps, input: { incidentId: string; reminder: Reminder }): Promise<void> {
  return changeIncident<void>(deps, input.incidentId, (incident, context) => {
    const due = dueReminder(incident, input.reminder, context.now);
    if (due.kind === 'nothing') return { change: undefined, result: undefined };
    const said = {
      ...entry(context, incident, AIRE, due.kind === 'nudge' ? 'reminded' : 'escalated', due.text, {
        ...(incident.commander === undefined ? {} : { data: { mention: incident.commander } }),
      }),
      // The same id whenever it is run, so that its message is sent once.
      id: `ent_${input.reminder}_${incident.id}_${(incident.resolvedAt ?? incident.declaredAt).getTime()}`,
    };
    return {
      change: {
        timeline: [said],
        jobs: [
          say(said),
          ...(due.kind === 'escalate' ? [escalate(incident.id)] : []),
          ...(due.kind === 'escalate' && incident.acknowledgedAt === undefined
            ? [pageOwnersJob(incident.id, 'escalated')]
            : []),
        ],
      },
      result: undefined,
    };
  });
}
