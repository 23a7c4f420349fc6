import type { KnownBlock } from '@slack/types';
import { type Incident, incidentName, isOpen } from '../../../incidents/incident.ts';
import { SUSPECTED_CAUSE } from '../../../incidents/suspect-change.ts';
import type { TimelineEntry } from '../../../incidents/timeline.ts';
import type { WatchedFinding } from '../../../incidents/watch.ts';
import type { Mitigation } from '../../../mitigations/mitigation.ts';
import type { MitigableService } from '../../../mitigations/ports.ts';
import { formatSliValue, sliDefinition } from '../../../services/slis.ts';
import { sliTitle } from '../../../triggers/slice.ts';
import { ACTIONS } from '../action-ids.ts';
import {
  actions,
  button,
  CONFIRM_RESOLVE,
  clip,
  clipMrkdwn,
  context,
  divider,
  escapeMrkdwn,
  fields,
  fitLines,
  header,
  inline,
  notification,
  person,
  type SlackMessage,
  section,
  slackDate,
} from './blocks.ts';
import { gatheredBlocks } from './gathered.ts';
import { phaseBadge } from './phase-badge.ts';
import { stepBlocks } from './steps.ts';
import { whatMovedBlocks } from './what-moved.ts';

/** What the pinned card of an incident shows. */
export interface CardContent {
  readonly incident: Incident;
  /** Undefined when its service file has gone. */
  readonly service: MitigableService | undefined;
  /** The findings attached to it, as they are now. */
  readonly findings: readonly WatchedFinding[];
  readonly changes: readonly TimelineEntry[];
  readonly mitigations: readonly Mitigation[];
  readonly examples: number;
  /** The page that aire sent was resolved at PagerDuty. */
  readonly isPageResolved?: boolean;
}

/** Characters; together with the steps, a message holds less than 12,000 (reference integrations §1.8). */
const ALERT_STATES: Readonly<Partial<Record<WatchedFinding['state'], string>>> = {
  firing: ' firing',
  healthy: ' resolved',
};
const SLI_STATES: typeof ALERT_STATES = { firing: 'still off', healthy: 'recovered' };
const LIMITS = { reason: 1200, values: 1000 } as const;

/** The pinned card: what is wrong, what moved, and the one thing to do next (reference §E). */
export function incidentCard(content: CardContent): SlackMessage {
  const { incident } = content;
  return {
    text: notification(
      `${incident.severity} ${incidentName(incident)} ${incident.service}: ${clip(incident.title, 200)} (${incident.phase})`,
    ),
    blocks: [
      header(`${incident.severity} · ${incidentName(incident)} · ${incident.title}`),
      section(clipMrkdwn(escapeMrkdwn(incident.reason), LIMITS.reason)),
      ...fields([
        ['Service', inline(incident.service)],
        ['State', phaseBadge(incident)],
        ['Command', incident.commander === undefined ? 'nobody yet' : person(incident.commander)],
        ['Began about', began(incident)],
        ['Now', currentValues(content)],
        ['Cause', causeOf(incident)],
      ]),
      ...whatMovedBlocks(content),
      ...gatheredBlocks(incident, content.service),
      ...(content.examples === 0
        ? []
        : [
            context(
              `${content.examples} bad ${content.examples === 1 ? 'answer' : 'answers'} captured${isOpen(incident) ? ': golden cases to review once this is resolved.' : '. Review the golden cases below.'}`,
            ),
          ]),
      ...(content.isPageResolved === true && isOpen(incident)
        ? [context('The page was resolved at PagerDuty. If the incident is over, press Resolve here.')]
        : []),
      divider,
      ...stepBlocks(incident, content.service, content.mitigations),
      ...controls(incident),
    ],
  };
}

function causeOf({ cause, facts }: Incident): string {
  const suspected = facts[SUSPECTED_CAUSE]?.value;
  if (cause !== undefined) return cause.replaceAll('_', ' ');
  return suspected === undefined ? 'not known yet' : `not known yet, suspected: ${inline(suspected, 60)}`;
}

/** The estimate, how far off it may be, and whether it came at once or little by little. */
function began({ startedAt, onset, facts }: Incident): string {
  const chosen = facts.onset_shape?.value;
  const shape = chosen ?? (onset?.shape === 'unknown' ? undefined : onset?.shape);
  const between =
    onset === undefined || onset.from.getTime() === onset.to.getTime()
      ? ''
      : ` (between ${slackDate(onset.from, '{time}')} and ${slackDate(onset.to, '{time}')})`;
  return `${slackDate(startedAt)}${between}${shape === undefined ? '' : `, ${inline(shape, 60)}`}`;
}

function currentValues({ incident, findings, service }: CardContent): string {
  const lines = findings
    .filter((finding) => incident.findings.includes(finding.key))
    .map((finding) => {
      if (finding.sli === undefined) return `vendor alert${ALERT_STATES[finding.state] ?? ': no data'}`;
      const definition = sliDefinition(finding.sli, service?.slis ?? {});
      const value = finding.value === undefined ? 'no data' : formatSliValue(finding.value, definition.unit);
      const state = finding.isRecovering === true ? 'well, but not for sure yet' : SLI_STATES[finding.state];
      return `${inline(sliTitle(definition, finding.slice))} ${value} (${state ?? 'no data'})`;
    });
  return lines.length === 0 ? 'no signal attached' : fitLines(lines, LIMITS.values);
}

function controls(incident: Incident): KnownBlock[] {
  const { id } = incident;
  if (isOpen(incident)) {
    return actions([
      ...(incident.commander === undefined
        ? [button('Take command', ACTIONS.takeCommand, id, { style: 'primary' })]
        : []),
      ...(incident.phase === 'triage'
        ? [button('Go on to scope', ACTIONS.advance, JSON.stringify([id, 'scope']))]
        : []),
      ...(incident.phase === 'scope'
        ? [button('Go on to mitigate', ACTIONS.advance, JSON.stringify([id, 'mitigate']))]
        : []),
      button('Resolve', ACTIONS.resolve, id, {
        confirm: CONFIRM_RESOLVE,
        ...(incident.mitigatedAt === undefined ? {} : { style: 'primary' }),
      }),
      ...(incident.phase === 'triage'
        ? [
            button('Not an incident', ACTIONS.cancel, id, {
              confirm: {
                title: 'Not an incident?',
                text: 'It is cancelled and leaves no postmortem.',
                yes: 'Cancel it',
              },
            }),
          ]
        : []),
    ]);
  }
  if (incident.phase === 'post_incident') {
    return actions([
      button('Add action item', ACTIONS.addActionItem, id),
      button('Close', ACTIONS.close, id, {
        confirm: { title: 'Close?', text: 'The follow-up is done.', yes: 'Close' },
      }),
      button('Reopen', ACTIONS.reopen, id, {
        confirm: { title: 'Reopen?', text: 'It goes back to mitigate.', yes: 'Reopen' },
      }),
    ]);
  }
  return incident.phase === 'closed'
    ? actions([
        button('Reopen', ACTIONS.reopen, id, {
          confirm: { title: 'Reopen?', text: 'It goes back to mitigate.', yes: 'Reopen' },
        }),
      ])
    : [];
}
