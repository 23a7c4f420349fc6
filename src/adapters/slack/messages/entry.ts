import type { TimelineEntry } from '../../../incidents/timeline.ts';
import { ACTIONS } from '../action-ids.ts';
import {
  button,
  CONFIRM_RESOLVE,
  clipMrkdwn,
  escapeMrkdwn,
  link,
  notification,
  person,
  type SlackMessage,
  section,
} from './blocks.ts';

const SIGN: Readonly<Partial<Record<TimelineEntry['kind'], string>>> = {
  signal_attached: ':heavy_plus_sign:',
  signal_recovered: ':chart_with_upwards_trend:',
  all_recovered: ':white_check_mark:',
  severity_changed: ':arrow_double_up:',
  paged: ':pager:',
  change_seen: ':arrows_counterclockwise:',
  mitigation_verified: ':white_check_mark:',
  mitigation_failed: ':x:',
  mitigation_unknown: ':grey_question:',
  mitigation_expired: ':hourglass:',
  reminded: ':alarm_clock:',
  escalated: ':rotating_light:',
  resolved: ':large_green_circle:',
  reopened: ':red_circle:',
  postmortem_drafted: ':page_facing_up:',
  action_item_added: ':ballot_box_with_check:',
  action_item_done: ':ballot_box_with_check:',
};

/** Leaves room for the address of the evidence. */
const TEXT_LIMIT = 1800;

/** One event of an incident as a message in its channel. */
export function entryMessage(entry: TimelineEntry): SlackMessage {
  const who = entry.actor.kind === 'person' ? `${person(entry.actor.id)}: ` : '';
  const sign = SIGN[entry.kind];
  const mention = typeof entry.data?.mention === 'string' ? ` ${person(entry.data.mention)}` : '';
  const text = `${sign === undefined ? '' : `${sign} `}${who}${clipMrkdwn(escapeMrkdwn(entry.text), TEXT_LIMIT)}${mention}${entry.url === undefined ? '' : ` ${link(entry.url, entry.kind === 'paged' ? 'PagerDuty' : 'evidence')}`}`;
  const finding = entry.data?.finding;
  const control =
    entry.kind === 'signal_attached' && typeof finding === 'string'
      ? button('Split', ACTIONS.split, JSON.stringify([entry.incidentId, finding]), {
          confirm: {
            title: 'A separate incident?',
            text: 'This signal leaves this incident and opens its own.',
            yes: 'Split',
          },
        })
      : entry.kind === 'all_recovered'
        ? button('Resolve', ACTIONS.resolve, entry.incidentId, { confirm: CONFIRM_RESOLVE, style: 'primary' })
        : undefined;
  return { text: notification(entry.text), blocks: [section(text, control)] };
}
