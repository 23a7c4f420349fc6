import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { reviewGoldenCase } from '../../../golden-dataset/review-golden-case.ts';
import { tell } from '../../../incidents/jobs.ts';
import { releaseMitigations } from '../../../mitigations/hold-mitigations.ts';
import { decide } from '../../../mitigations/jobs.ts';
import { settleUnknown } from '../../../mitigations/record-answer.ts';
import { needsSecondPerson, requestMitigation } from '../../../mitigations/request-mitigation.ts';
import { ACTIONS, VIEWS } from '../action-ids.ts';
import { EXPECTED_LIMIT, expectedAnswerModal, mitigationModal } from '../modals/modals.ts';
import { incidentOf } from './incident-listeners.ts';
import { type ListenerDeps, onClick, onSubmit, openModal, readValue } from './respond.ts';

const pair = z.tuple([z.string(), z.string()]);
const triple = z.tuple([z.string(), z.string(), z.string()]);

/** Mitigations: the request form, approval, what a person says of an unknown outcome, release after a restore. */
export function listenForMitigations(deps: ListenerDeps): void {
  onClick(deps, ACTIONS.requestMitigation, async ({ value, triggerId }) => {
    const [incidentId, name] = readValue(pair, value);
    await openModal(deps, triggerId, async () => {
      const incident = await incidentOf(deps, incidentId);
      const service = deps.services.get(incident.service);
      const definition = service?.mitigations[name];
      if (service === undefined || definition === undefined)
        throw new AppError('not_found', `${incident.service} has no mitigation "${name}" any more.`);
      return mitigationModal(incident, name, definition, needsSecondPerson(service, definition));
    });
  });
  onSubmit(deps, VIEWS.mitigation, 'reason', async ({ by, values, metadata, key }) => {
    const [incidentId, name] = readValue(pair, metadata);
    await requestMitigation(deps, { incidentId, name, reason: values.reason ?? '', by, onceKey: key });
    return undefined;
  });
  for (const [actionId, decision] of [
    [ACTIONS.approveMitigation, 'approve'],
    [ACTIONS.rejectMitigation, 'reject'],
  ] as const) {
    // Who may decide is asked of Slack, so the decision is a job: a click waits for no call to the outside.
    onClick(deps, actionId, async ({ by, channel, value, key }) => {
      const [incidentId, mitigationId, parametersHash] = readValue(triple, value);
      await deps.store.enqueue(
        decide(incidentId, mitigationId, { by, decision, parametersHash, channel, key }),
      );
    });
  }
  onClick(deps, ACTIONS.mitigationHappened, async ({ by, value }) =>
    settleUnknown(deps, { mitigationId: value, by, happened: true }),
  );
  onClick(deps, ACTIONS.mitigationDidNot, async ({ by, value }) =>
    settleUnknown(deps, { mitigationId: value, by, happened: false }),
  );
  onClick(deps, ACTIONS.releaseMitigations, async ({ by, channel, value, key }) => {
    const { releasedBy } = await releaseMitigations(deps, { by, since: value });
    if (releasedBy === by) return;
    await deps.store.enqueue(tell(by, channel, 'Somebody was faster: mitigations are released.', key));
  });
}

/** Golden cases: approve, write the expected answer, reject. */
export function listenForGoldenCases(deps: ListenerDeps): void {
  onClick(deps, ACTIONS.approveCase, async ({ by, value }) => {
    await reviewGoldenCase(deps, { caseId: value, by, decision: 'approve' });
  });
  onClick(deps, ACTIONS.rejectCase, async ({ by, value }) => {
    await reviewGoldenCase(deps, { caseId: value, by, decision: 'reject' });
  });
  onClick(deps, ACTIONS.editCase, async ({ value, triggerId }) => {
    await openModal(deps, triggerId, async () => {
      const golden = await deps.store.goldenCase(value);
      if (golden === undefined) throw new AppError('not_found', 'That golden case is not known here.');
      if ((golden.expected?.length ?? 0) > EXPECTED_LIMIT) {
        throw new AppError(
          'invalid_input',
          `The expected answer is longer than the ${EXPECTED_LIMIT} characters Slack's forms hold. Approve it as it is, or reject it.`,
        );
      }
      return expectedAnswerModal(golden);
    });
  });
  onSubmit(deps, VIEWS.expectedAnswer, 'expected', async ({ by, values, metadata }) => {
    const [caseId] = readValue(z.tuple([z.string()]), metadata);
    await reviewGoldenCase(deps, { caseId, by, decision: 'approve', expected: values.expected ?? '' });
    return undefined;
  });
}
