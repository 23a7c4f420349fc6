import type { KnownBlock } from '@slack/types';
import { type Incident, isOpen } from '../../../incidents/incident.ts';
import { isUnderWay, type Mitigation } from '../../../mitigations/mitigation.ts';
import type { MitigableService } from '../../../mitigations/ports.ts';
import { type ApplicableStep, nextStep, stepsOfPhase } from '../../../runbooks/next-steps.ts';
import type { RunbookPhase, StepDefinition } from '../../../runbooks/schema.ts';
import { ACTIONS } from '../action-ids.ts';
import {
  actions,
  button,
  clipMrkdwn,
  context,
  escapeMrkdwn,
  fitLines,
  inline,
  person,
  plain,
  section,
  slackDate,
} from './blocks.ts';

/** Characters. */
const LIMITS = { settled: 1200, hint: 1000, later: 800 } as const;

/** The steps of the phase the incident is in: those settled, the next one with its buttons, those to come. */
export function stepBlocks(
  incident: Incident,
  service: MitigableService | undefined,
  mitigations: readonly Mitigation[],
): KnownBlock[] {
  const phase = runbookPhase(incident);
  if (phase === undefined) return [];
  const steps = stepsOfPhase(incident.runbook.steps, incident.steps, phase, incident);
  const settled = steps.filter((step) => step.state !== undefined);
  const next = nextStep(steps);
  const later = steps.filter((step) => step.state === undefined && step !== next);
  const { title, window } = incident.runbook.phases[phase];
  const until = new Date(
    (phase === 'post_incident'
      ? (incident.resolvedAt ?? incident.declaredAt)
      : incident.declaredAt
    ).getTime() + window,
  );
  return [
    section(
      `*${inline(title)}*: ${settled.length} of ${steps.length} steps, until about ${slackDate(until, '{time}')}`,
    ),
    ...(settled.length === 0 ? [] : [context(fitLines(settled.map(settledLine), LIMITS.settled, 'last'))]),
    ...(next === undefined
      ? [context(allDone(incident))]
      : nextBlocks(incident, next.definition, service, mitigations)),
    ...(later.length === 0
      ? []
      : [
          context(
            fitLines(
              later.map((step) => `:white_small_square: ${inline(step.definition.title)}`),
              LIMITS.later,
            ),
          ),
        ]),
  ];
}

function runbookPhase(incident: Incident): RunbookPhase | undefined {
  return incident.phase === 'closed' || incident.phase === 'cancelled' ? undefined : incident.phase;
}

function allDone(incident: Incident): string {
  switch (incident.phase) {
    case 'triage':
      return 'Triage is done: go on to scope.';
    case 'scope':
      return 'Scope is done: go on to mitigate.';
    case 'mitigate':
      return 'All steps are done. Resolve it when users are well again.';
    default:
      return 'The follow-up is done. Close it.';
  }
}

function settledLine({ definition, state }: ApplicableStep): string {
  const sign =
    state?.status === 'skipped'
      ? ':fast_forward:'
      : state?.outcome === 'not_ok'
        ? ':x:'
        : ':heavy_check_mark:';
  const found = state?.note === undefined ? '' : `: ${inline(state.note)}`;
  return `${sign} ${inline(definition.title)}${found} (${state?.status === 'skipped' ? 'skipped, ' : ''}${person(state?.by ?? '')})`;
}

function nextBlocks(
  incident: Incident,
  step: StepDefinition,
  service: MitigableService | undefined,
  mitigations: readonly Mitigation[],
): KnownBlock[] {
  const value = JSON.stringify([incident.id, step.id]);
  const skip = button('Skip', ACTIONS.stepSkip, value);
  const text = section(
    `:point_right: *${inline(step.title)}*${step.hint === undefined ? '' : `\n${clipMrkdwn(escapeMrkdwn(step.hint), LIMITS.hint)}`}`,
  );
  switch (step.kind) {
    case 'check':
      return [
        text,
        ...actions([button('Yes', ACTIONS.stepOk, value), button('No', ACTIONS.stepNotOk, value), skip]),
      ];
    case 'note':
      return [text, ...actions([button('Write', ACTIONS.stepNote, value), skip])];
    case 'choose':
      return [
        text,
        // An option's value holds 75 characters: which step of which incident it is for stands in the block's id.
        ...actions(
          [
            {
              type: 'static_select',
              action_id: ACTIONS.stepChoose,
              placeholder: plain('Choose', 150),
              options: step.options.map((option) => ({
                text: plain(option.label, 75),
                value: option.value,
              })),
            },
            skip,
          ],
          value,
        ),
      ];
    case 'mitigate':
      return [
        text,
        ...mitigateBlocks(incident, step.mitigation, service, mitigations, [
          button('Done', ACTIONS.stepOk, value),
          skip,
        ]),
      ];
  }
}

/** The service's mitigations that fit the cause, each a button; while one is under way, its card says how it goes. */
function mitigateBlocks(
  incident: Incident,
  named: string | undefined,
  service: MitigableService | undefined,
  mitigations: readonly Mitigation[],
  end: ReturnType<typeof button>[],
): KnownBlock[] {
  const underWay = mitigations.find(isUnderWay);
  if (underWay !== undefined)
    return [
      context(`“${inline(underWay.definition.title)}” is ${underWay.state}: see its card below.`),
      ...actions(end),
    ];
  const fitting = Object.entries(service?.mitigations ?? {}).filter(
    ([name, definition]) =>
      (named === undefined || name === named) &&
      (definition.for === undefined ||
        incident.cause === undefined ||
        incident.cause === 'unknown' ||
        definition.for.cause.includes(incident.cause)),
  );
  const buttons = isOpen(incident)
    ? fitting.slice(0, 5).map(([name, definition]) =>
        button(definition.title, ACTIONS.requestMitigation, JSON.stringify([incident.id, name]), {
          style: 'primary',
        }),
      )
    : [];
  const none =
    fitting.length === 0
      ? [context('This service has no mitigation for that cause in its file: do it by hand, then tick Done.')]
      : [];
  // One row each: two buttons of one action can't share a block.
  return [...none, ...buttons.flatMap((each) => actions([each])), ...actions(end)];
}
