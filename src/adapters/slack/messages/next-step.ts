import type { Button, KnownBlock } from '@slack/types';
import { type Incident, isOpen } from '../../../incidents/incident.ts';
import { whoToCall } from '../../../incidents/run-step.ts';
import { suggestionFor } from '../../../incidents/suspect-change.ts';
import { isUnderWay, type Mitigation } from '../../../mitigations/mitigation.ts';
import type { MitigableService } from '../../../mitigations/ports.ts';
import type { ApplicableStep, StepState } from '../../../runbooks/next-steps.ts';
import { ACTIONS } from '../action-ids.ts';
import { actions, button, clipMrkdwn, context, escapeMrkdwn, inline, plain, section } from './blocks.ts';

/** Characters. */
const LIMITS = { hint: 1000, reason: 600 } as const;

/** The step that waits for a person, with its buttons; of one that aire can do, how that has gone so far. */
export function nextBlocks(
  incident: Incident,
  { definition: step, state }: ApplicableStep,
  service: MitigableService | undefined,
  mitigations: readonly Mitigation[],
): KnownBlock[] {
  const value = JSON.stringify([incident.id, step.id]);
  const skip = button('Skip', ACTIONS.stepSkip, value);
  const text = section(
    `:point_right: *${inline(step.title)}*${step.hint === undefined ? '' : `\n${clipMrkdwn(escapeMrkdwn(step.hint), LIMITS.hint)}`}`,
  );
  const yesOrNo = [button('Yes', ACTIONS.stepOk, value), button('No', ACTIONS.stepNotOk, value), skip];
  switch (step.kind) {
    case 'check':
      return [text, ...actions(yesOrNo)];
    case 'query':
    case 'http':
    case 'compare':
      return [text, ...said(state), ...actions([...runButton('Run', state, value), ...yesOrNo])];
    case 'page': {
      const owners = service === undefined ? [] : [context(`Owners: ${inline(whoToCall(service.owners))}`)];
      const end = [button('Done', ACTIONS.stepOk, value), skip];
      return [text, ...owners, ...said(state), ...actions([...runButton('Page', state, value), ...end])];
    }
    case 'note':
      return [text, ...actions([button('Write', ACTIONS.stepNote, value), skip])];
    case 'choose': {
      const suggested = suggestionFor(incident, step.sets);
      const option = step.options.find((each) => each.value === suggested?.value);
      return [
        text,
        ...(suggested === undefined || option === undefined
          ? []
          : [context(`:bulb: Suggested: *${inline(option.label)}* (${inline(suggested.why)})`)]),
        // An option's value holds 75 characters: which step of which incident it is for stands in the block's id.
        ...actions(
          [
            {
              type: 'static_select',
              action_id: ACTIONS.stepChoose,
              placeholder: plain(option === undefined ? 'Choose' : `Suggested: ${option.label}`, 150),
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
    }
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

/** How a step that aire can do has gone so far, while it waits for a person. */
function said(state: StepState | undefined): KnownBlock[] {
  if (state === undefined) return [];
  return [
    context(state.status === 'running' ? 'running…' : `:warning: ${inline(state.note ?? '', LIMITS.reason)}`),
  ];
}

function runButton(label: 'Run' | 'Page', state: StepState | undefined, value: string): Button[] {
  if (state?.status === 'running') return [];
  const again = state?.status === 'failed' ? ' again' : '';
  const confirm = { title: 'Page the owners?', text: 'Whoever is on call is woken now.', yes: 'Page' };
  const asked = label === 'Page' ? { confirm } : {};
  return [button(`${label}${again}`, ACTIONS.stepRun, value, { style: 'primary', ...asked })];
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
