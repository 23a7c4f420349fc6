import { type Incident, incidentName } from '../../../incidents/incident.ts';
import {
  context,
  escapeMrkdwn,
  inline,
  notification,
  person,
  type SlackMessage,
  section,
  slackDate,
} from './blocks.ts';
import { phaseBadge } from './phase-badge.ts';

/** The one line an incident has in the incidents channel: what, how bad, where it stands, who leads, where to go. */
export function announcement(incident: Incident, channel: string | undefined): SlackMessage {
  const place = channel === undefined ? '' : ` → <#${channel}>`;
  const lead =
    incident.commander === undefined ? 'nobody in command yet' : `command ${person(incident.commander)}`;
  return {
    text: notification(
      `${incident.severity} ${incidentName(incident)} ${incident.service}: ${incident.title}`,
    ),
    blocks: [
      section(
        `${phaseBadge(incident)} *${incident.severity} · ${incidentName(incident)} · ${inline(incident.service)}*${place}\n${escapeMrkdwn(incident.reason)}`,
      ),
      context(
        `${lead} · declared ${slackDate(incident.declaredAt)}${incident.resolvedAt === undefined ? '' : ` · resolved ${slackDate(incident.resolvedAt)}`}`,
      ),
    ],
  };
}

/** What the owners' channel hears when an incident goes on for too long. */
export function escalationMessage(incident: Incident, channel: string): SlackMessage {
  const name = `${incident.severity} ${incidentName(incident)} ${incident.service}`;
  return {
    text: `${name} needs you: ${incident.title}`,
    blocks: [
      section(
        `:rotating_light: *${escapeMrkdwn(name)} needs you* → <#${channel}>\n${escapeMrkdwn(incident.reason)}`,
      ),
      context(`Not resolved since ${slackDate(incident.declaredAt)}, ${phaseBadge(incident)}.`),
    ],
  };
}
