import type { KnownBlock } from '@slack/types';
import type { Incident } from '../../../incidents/incident.ts';
import type { Mitigation } from '../../../mitigations/mitigation.ts';
import type { MitigableService } from '../../../mitigations/ports.ts';
import {
  type ApplicableStep,
  isSettled,
  nextStep,
  type StepState,
  stepsOfPhase,
} from '../../../runbooks/next-steps.ts';
import { isRunnable, type RunbookPhase } from '../../../runbooks/schema.ts';
import { context, fitLines, inline, link, person, section, slackDate } from './blocks.ts';
import { nextBlocks } from './next-step.ts';

/** Characters. */
const LIMITS = { found: 800, settled: 1200, later: 800, url: 300 } as const;

/** The steps of the phase the incident is in: those settled or running, the next one with its buttons, those to come. */
export function stepBlocks(
  incident: Incident,
  service: MitigableService | undefined,
  mitigations: readonly Mitigation[],
): KnownBlock[] {
  const phase = runbookPhase(incident);
  if (phase === undefined) return [];
  const steps = stepsOfPhase(incident.runbook.steps, incident.steps, phase, incident);
  const next = nextStep(steps);
  const touched = steps.filter((step) => step.state !== undefined && step !== next);
  const found = touched.filter(isBadFinding);
  const other = touched.filter((step) => !isBadFinding(step));
  const settled = steps.filter((step) => isSettled(step.state));
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
    ...(found.length === 0 ? [] : [section(fitLines(found.map(touchedLine), LIMITS.found, 'last'))]),
    ...(other.length === 0 ? [] : [context(fitLines(other.map(touchedLine), LIMITS.settled, 'last'))]),
    ...(next === undefined ? [context(allDone(incident))] : nextBlocks(incident, next, service, mitigations)),
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

/** aire looked, and it is not well: that is seen at a glance, larger than the other lines. */
function isBadFinding({ definition, state }: ApplicableStep): boolean {
  return isRunnable(definition) && state?.outcome === 'not_ok';
}

function touchedLine({ definition, state }: ApplicableStep): string {
  const title = inline(definition.title);
  if (state?.status === 'running') return `:hourglass_flowing_sand: ${title}: running…`;
  // A longer address would leave no room for the other lines; the timeline has it.
  const url = (state?.url ?? '').length > LIMITS.url ? undefined : state?.url;
  const found = state?.note === undefined ? '' : `: ${link(url, inline(state.note))}`;
  const skipped = state?.status === 'skipped' ? 'skipped, ' : '';
  return `${signOf(state)} ${title}${found} (${skipped}${person(state?.by ?? '')})`;
}

function signOf(state: StepState | undefined): string {
  if (state?.status === 'skipped') return ':fast_forward:';
  if (state?.status === 'failed') return ':warning:';
  if (state?.outcome === 'no_data') return ':grey_question:';
  return state?.outcome === 'not_ok' ? ':x:' : ':heavy_check_mark:';
}
