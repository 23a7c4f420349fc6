import type { KnownBlock } from '@slack/types';
import { incidentName } from '../../../incidents/incident.ts';
import type { IndicatorLine, WeeklyReview } from '../../../reviews/weekly-review.ts';
import {
  context,
  divider,
  fitLines,
  header,
  inline,
  person,
  type SlackMessage,
  section,
  slackDate,
} from './blocks.ts';
import { phaseWord } from './phase-badge.ts';

const SIGN: Readonly<Record<IndicatorLine['state'], string>> = {
  met: ':white_check_mark:',
  missed: ':warning:',
  no_data: ':grey_question:',
};
const SHOWN = 10;

/** The weekly reliability review (reference §K): indicators, incidents, triggers, action items. */
export function reviewMessage(review: WeeklyReview): SlackMessage {
  const date = (at: Date): string => slackDate(at, '{date_short}');
  return {
    text: `Weekly reliability review: ${review.incidents.length} incidents, ${review.indicators.filter((each) => each.state === 'missed').length} indicators off target`,
    blocks: [
      header('Weekly reliability review'),
      context(`${date(review.from)} to ${date(review.to)}`),
      section(
        `*Indicators*\n${lines(review.indicators.map(indicatorLine), 'No service has an SLO yet: add `slos` to its file.', 20)}`,
      ),
      divider,
      section(
        `*Incidents (${review.incidents.length})*\n${lines(review.incidents.map(incidentLine), 'None this week.', SHOWN)}`,
      ),
      divider,
      section(
        `*Triggers, last 28 days*\n${lines(triggerLines(review), 'Nobody was asked, and no service is in shadow: no data.', SHOWN)}`,
      ),
      divider,
      ...actionItems(review),
    ],
  };
}

function indicatorLine(line: IndicatorLine): string {
  return `${SIGN[line.state]} ${inline(line.service, 80)} · ${inline(line.title, 80)}: ${line.value} (target ${line.target})`;
}

function incidentLine({ incident, detection, recovery }: WeeklyReview['incidents'][number]): string {
  return `• *${incident.severity} ${incidentName(incident)}* ${inline(incident.service, 80)}: ${inline(incident.title, 120)} (${phaseWord(incident.phase).toLowerCase()}; detected in ${detection}, ${/^\d/.test(recovery) ? `recovered in ${recovery}` : recovery})`;
}

function triggerLines({ triggers }: WeeklyReview): readonly string[] {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const shadow = triggers.shadow.map(({ service, times, confirmed, share }) =>
    share === undefined
      ? `• ${inline(service, 80)} in shadow: would have declared nothing; precision: no data`
      : `• ${inline(service, 80)} in shadow: would have declared ${times} ${times === 1 ? 'time' : 'times'}, ${confirmed} within an incident that people declared (precision ${percent(share)})`,
  );
  const rules = triggers.rules.map(
    ({ trigger, declared, answered, share, met }) =>
      `${SIGN[met ? 'met' : 'missed']} \`${inline(trigger, 80)}\`: ${declared} of ${answered} questions were an incident (${percent(share)}, target more than 70 %)`,
  );
  return [...shadow, ...rules];
}

function actionItems(review: WeeklyReview): KnownBlock[] {
  const shown = review.actionItems.map(({ item, overdue }) => {
    const owner = item.owner === undefined ? 'no owner' : person(item.owner);
    const due =
      item.due === undefined
        ? 'no due date'
        : `due ${inline(item.due, 20)}${overdue ? ' :warning: overdue' : ''}`;
    return `• ${inline(item.what, 150)} (${inline(item.service, 80)}; ${owner}; ${due})`;
  });
  return [section(`*Open action items (${shown.length})*\n${lines(shown, 'None.', SHOWN)}`)];
}

function lines(all: readonly string[], none: string, limit: number): string {
  if (all.length === 0) return none;
  const rest = all.length - limit;
  return fitLines([...all.slice(0, limit), ...(rest > 0 ? [`…and ${rest} more`] : [])], 2900);
}
