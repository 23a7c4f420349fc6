import { z } from 'zod';
import { AppError, isAppError } from '../../../errors.ts';
import { answerProposal } from '../../../incidents/answer-proposal.ts';
import { changePhase } from '../../../incidents/change-phase.ts';
import { declareIncident } from '../../../incidents/declare-incident.ts';
import { type Incident, incidentName } from '../../../incidents/incident.ts';
import { readVendors, tell } from '../../../incidents/jobs.ts';
import { settleStep } from '../../../incidents/settle-step.ts';
import { splitFinding } from '../../../incidents/split-finding.ts';
import { startStep } from '../../../incidents/start-step.ts';
import { takeCommand } from '../../../incidents/take-command.ts';
import type { PhaseEvent } from '../../../incidents/transition.ts';
import type { Proposal } from '../../../incidents/watch.ts';
import { addActionItem } from '../../../postmortems/add-action-item.ts';
import { KINDS } from '../../../triggers/schema.ts';
import { SEVERITIES } from '../../../triggers/severity.ts';
import { ACTIONS, DECLARE_SHORTCUT, VIEWS } from '../action-ids.ts';
import { actionItemModal, declareModal, noteModal } from '../modals/modals.ts';
import { type ListenerDeps, onClick, onSubmit, openModal, readValue } from './respond.ts';

const pair = z.tuple([z.string(), z.string()]);
const declaration = z.object({
  service: z.string(),
  title: z.string(),
  severity: z.enum(SEVERITIES),
  kind: z.enum(KINDS),
  reason: z.string().optional(),
});

/** Proposals, the card's controls, steps, and the forms that go with them. */
export function listenForIncidents(deps: ListenerDeps): void {
  for (const [actionId, answer] of [
    [ACTIONS.declareProposal, 'declare'],
    [ACTIONS.dismissProposal, 'dismiss'],
  ] as const) {
    onClick(deps, actionId, async ({ by, channel, value, key }) => {
      const proposal = await answerProposal(deps, { proposalId: value, by, answer });
      const wanted = answer === 'declare' ? 'declared' : 'dismissed';
      if (proposal.state === wanted && proposal.answeredBy === by) return;
      await deps.store.enqueue(tell(by, channel, await answeredAlready(deps, proposal), key));
    });
  }
  onClick(deps, ACTIONS.takeCommand, async ({ by, value }) => {
    await takeCommand(deps, { incidentId: value, by });
  });
  onClick(deps, ACTIONS.split, async ({ by, value }) => {
    const [incidentId, finding] = readValue(pair, value);
    await splitFinding(deps, { incidentId, finding, by });
  });
  onClick(deps, ACTIONS.readVendors, async ({ value }) => {
    await deps.store.enqueue(readVendors((await incidentOf(deps, value)).id));
  });
  onClick(deps, ACTIONS.advance, async ({ by, value }) => {
    const [incidentId, to] = readValue(z.tuple([z.string(), z.enum(['scope', 'mitigate'])]), value);
    await changePhase(deps, { incidentId, by, event: { type: 'advance', to } });
  });
  const lifecycle: readonly (readonly [string, PhaseEvent])[] = [
    [ACTIONS.resolve, { type: 'resolve' }],
    [ACTIONS.cancel, { type: 'cancel' }],
    [ACTIONS.close, { type: 'close' }],
    [ACTIONS.reopen, { type: 'reopen' }],
  ];
  for (const [actionId, event] of lifecycle) {
    onClick(deps, actionId, async ({ by, value }) => {
      await changePhase(deps, { incidentId: value, by, event });
    });
  }
  listenForSteps(deps);
  listenForForms(deps);
}

/** For the one who answered second: what the first answer was. */
async function answeredAlready(deps: ListenerDeps, proposal: Proposal): Promise<string> {
  if (proposal.state === 'recovered')
    return 'That has recovered, so nothing was changed. /aire incident declare declares one all the same.';
  if (proposal.state === 'lapsed')
    return 'That was closed without an answer, so nothing was changed. /aire incident declare declares one all the same.';
  if (proposal.state === 'dismissed')
    return 'Somebody was faster: it is not an incident. /aire incident declare declares one all the same.';
  const incident =
    proposal.incidentId === undefined ? undefined : await deps.store.incident(proposal.incidentId);
  return `Somebody was faster: it is declared${incident === undefined ? '' : ` as ${incidentName(incident)}`}.`;
}

function listenForSteps(deps: ListenerDeps): void {
  const settle = (actionId: string, settlement: Parameters<typeof settleStep>[1]['settlement']) =>
    onClick(deps, actionId, async ({ by, value }) => {
      const [incidentId, stepId] = readValue(pair, value);
      await settleStep(deps, { incidentId, stepId, by, settlement });
    });
  onClick(deps, ACTIONS.stepRun, async ({ by, value }) => {
    const [incidentId, stepId] = readValue(pair, value);
    await startStep(deps, { incidentId, stepId, by });
  });
  settle(ACTIONS.stepOk, { as: 'done', outcome: 'ok' });
  settle(ACTIONS.stepNotOk, { as: 'done', outcome: 'not_ok' });
  settle(ACTIONS.stepSkip, { as: 'skipped' });
  onClick(deps, ACTIONS.stepChoose, async ({ by, value, blockId }) => {
    const [incidentId, stepId] = readValue(pair, blockId);
    await settleStep(deps, { incidentId, stepId, by, settlement: { as: 'chosen', value } });
  });
  onClick(deps, ACTIONS.stepNote, async ({ value, triggerId }) => {
    const [incidentId, stepId] = readValue(pair, value);
    await openModal(deps, triggerId, async () => {
      const incident = await incidentOf(deps, incidentId);
      const step = incident.runbook.steps.find((each) => each.id === stepId);
      if (step === undefined) throw new AppError('not_found', 'That step is not part of this incident.');
      return noteModal(incident, step);
    });
  });
  onSubmit(deps, VIEWS.note, 'note', async ({ by, values, metadata }) => {
    const [incidentId, stepId] = readValue(pair, metadata);
    await settleStep(deps, { incidentId, stepId, by, settlement: { as: 'noted', text: values.note ?? '' } });
    return undefined;
  });
}

function listenForForms(deps: ListenerDeps): void {
  deps.app.shortcut(DECLARE_SHORTCUT, async ({ shortcut, ack }) => {
    try {
      await openDeclareForm(deps, shortcut.trigger_id, '');
    } catch (error) {
      if (!isAppError(error)) throw error;
      const { id } = shortcut.user;
      await deps.store.enqueue(tell(id, id, error.message, shortcut.trigger_id));
    }
    await ack();
  });
  onSubmit(deps, VIEWS.declare, 'service', async ({ by, values, key }) => {
    const read = declaration.safeParse(values);
    if (!read.success)
      throw new AppError(
        'invalid_input',
        'Fill in the service, what is wrong, how bad it is and what it is about.',
      );
    const { reason, ...input } = read.data;
    await declareIncident(deps, { ...input, ...(reason === undefined ? {} : { reason }), by, onceKey: key });
    return 'Declared. You are invited to its channel in a moment; the pinned card there says what to do first.';
  });
  onClick(deps, ACTIONS.addActionItem, async ({ value, triggerId }) => {
    await openModal(deps, triggerId, async () => actionItemModal(await incidentOf(deps, value)));
  });
  onSubmit(deps, VIEWS.actionItem, 'what', async ({ by, values, metadata, key }) => {
    const [incidentId] = readValue(z.tuple([z.string()]), metadata);
    const { owner, due } = values;
    await addActionItem(deps, {
      incidentId,
      what: values.what ?? '',
      ...(owner === undefined ? {} : { owner }),
      ...(due === undefined ? {} : { due }),
      by,
      onceKey: key,
    });
    return undefined;
  });
}

/** The form by which a person declares an incident. */
export async function openDeclareForm(deps: ListenerDeps, triggerId: string, title: string): Promise<void> {
  await openModal(deps, triggerId, async () => {
    const services = deps.services.all().map((service) => service.service);
    if (services.length === 0)
      throw new AppError(
        'not_found',
        'No service is described yet. Add runbooks/services/<service>.yaml and restart aire.',
      );
    return declareModal(services, title);
  });
}

export async function incidentOf(deps: ListenerDeps, id: string): Promise<Incident> {
  const incident = await deps.store.incident(id);
  if (incident === undefined) throw new AppError('not_found', 'That incident is not known here.');
  return incident;
}
