import type { TriggerCoverage } from '../../../incidents/trigger-coverage.ts';
import { answer } from './answers.ts';
import { fitLines, inline, type SlackMessage } from './blocks.ts';

/** A service, how it declares, and what its triggers see. */
export interface ServiceState {
  readonly service: string;
  readonly tier: number;
  readonly mode: string;
  readonly openIncidents: number;
  readonly triggers: readonly TriggerCoverage[];
}

const SIGN: Readonly<Record<TriggerCoverage['state'], string>> = {
  live: ':large_green_circle:',
  silent: ':large_yellow_circle:',
  not_evaluable: ':white_circle:',
};
const WORD: Readonly<Record<TriggerCoverage['state'], string>> = {
  live: 'live',
  silent: 'silent',
  not_evaluable: 'not evaluable',
};

/** `/aire services`: one line each; `more` were left out. */
export function serviceList(services: readonly ServiceState[], more: number): SlackMessage {
  if (services.length === 0)
    return answer('There is no service yet. `aire init` writes the file of the first one.');
  const lines = services.map((each) => `• ${headline(each)}`);
  const rest = more === 0 ? [] : [`…and ${more} more: \`/aire services\` with a name`];
  return answer(fitLines([...lines, ...rest], 2900));
}

/** `/aire services <name>`: each trigger, what it saw last, or why it can't be evaluated. */
export function serviceTriggers(service: ServiceState): SlackMessage {
  const lines = service.triggers.map(
    ({ state, title, says }) =>
      `${SIGN[state]} *${inline(title, 80)}* (${WORD[state]}): ${says.map((each) => inline(each)).join(' · ')}`,
  );
  return answer(fitLines([headline(service), ...lines], 2900));
}

function headline({ service, tier, mode, openIncidents, triggers }: ServiceState): string {
  const live = triggers.filter(({ state }) => state === 'live').length;
  const open = openIncidents === 1 ? '1 open incident' : `${openIncidents || 'no'} open incidents`;
  return `*${inline(service, 80)}* tier ${tier}, ${mode}, ${open}: ${live} of ${triggers.length} triggers live`;
}
