import { type Incident, incidentName } from '../../../incidents/incident.ts';
import type { TimelineEntry } from '../../../incidents/timeline.ts';
import {
  clipMrkdwn,
  context,
  fitLines,
  inline,
  person,
  type SlackMessage,
  section,
  slackDate,
} from './blocks.ts';
import { phaseBadge } from './phase-badge.ts';

/** A plain answer that one person sees. The text is ours or escaped by the caller. */
export function answer(text: string): SlackMessage {
  return { text: clipMrkdwn(text, 3000), blocks: [section(text)] };
}

/** `/aire help`: what can be done, in the order somebody needs it. */
export function helpMessage(inIncident: boolean): SlackMessage {
  return {
    text: 'aire: commands',
    blocks: [
      section(
        [
          '*aire* runs your AI incidents.',
          '`/aire incident declare` opens a form to declare one',
          '`/aire incident list` shows what is open',
          '`/aire incident show [number]` shows one; in its channel no number is needed',
          '`/aire incident resolve [number] [what fixed it]` ends one and drafts its postmortem',
          '`/aire services [name]` shows which triggers are live, and why others are not',
          '`/aire review now` posts the weekly review so far',
        ].join('\n'),
      ),
      context(
        inIncident
          ? 'You are in an incident channel: `/aire incident show` brings up its card.'
          : 'Everything else is a button: on the pinned card in the incident’s channel.',
      ),
    ],
  };
}

/** Open incidents, newest first, with where they are worked on. */
export function incidentList(
  incidents: readonly Incident[],
  channelOf: ReadonlyMap<string, string>,
): SlackMessage {
  if (incidents.length === 0) return answer('No incident is open. `/aire incident declare` declares one.');
  return {
    text: incidents.length === 1 ? '1 open incident' : `${incidents.length} open incidents`,
    blocks: incidents.map((incident) => {
      const channel = channelOf.get(incident.id);
      const lead = incident.commander === undefined ? 'nobody in command' : person(incident.commander);
      return section(
        `${phaseBadge(incident)} *${incident.severity} ${incidentName(incident)}* ${inline(incident.service, 80)}: ${inline(incident.title)}${channel === undefined ? '' : ` → <#${channel}>`}\n${lead}, since ${slackDate(incident.declaredAt)}`,
      );
    }),
  };
}

/** The latest entries of an incident, for somebody who joins. */
export function timelineTail(entries: readonly TimelineEntry[]): SlackMessage['blocks'] {
  const shown = entries
    .slice(-8)
    .map(
      (entry) =>
        `${slackDate(entry.at, '{time}')} ${entry.actor.kind === 'person' ? `${person(entry.actor.id)} ` : ''}${inline(entry.text)}`,
    );
  return shown.length === 0 ? [] : [context(fitLines(shown, 1900, 'last'))];
}
