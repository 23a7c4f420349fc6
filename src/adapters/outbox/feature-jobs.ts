import { z } from 'zod';
import { isAppError } from '../../errors.ts';
import { commitToDataset } from '../../golden-dataset/commit-golden-case.ts';
import { draftGoldenCases } from '../../golden-dataset/draft-golden-cases.ts';
import type { GoldenRepository } from '../../golden-dataset/ports.ts';
import { escalateLatency } from '../../incidents/escalate-latency.ts';
import { tell } from '../../incidents/jobs.ts';
import { remind } from '../../incidents/remind.ts';
import { respondToSignals } from '../../incidents/respond-to-signals.ts';
import { decideMitigation } from '../../mitigations/decide-mitigation.ts';
import { executeMitigation } from '../../mitigations/execute-mitigation.ts';
import { sendHeldMitigations } from '../../mitigations/hold-mitigations.ts';
import type { ApproverDirectory, MitigationTarget } from '../../mitigations/ports.ts';
import { checkMitigation, verifyMitigations } from '../../mitigations/verify-mitigation.ts';
import { draftPostmortem } from '../../postmortems/jobs.ts';
import type { PostmortemDeps } from '../../postmortems/ports.ts';
import { writePostmortem } from '../../postmortems/write-postmortem.ts';
import { PHASES } from '../../runbooks/schema.ts';
import { evaluateJob } from '../../signals/receive-delivery.ts';
import { MINUTE } from '../../time.ts';
import type { NewJob } from '../../verb.ts';
import { DONE, type JobHandler } from './worker.ts';

export interface FeatureJobDeps extends PostmortemDeps {
  readonly target: MitigationTarget;
  readonly approvers: ApproverDirectory;
  readonly golden: GoldenRepository;
  /** Holds mitigations when the data was restored, or failed over, under this process. */
  readonly holdAfterRestore: () => Promise<void>;
  readonly enqueue: (...jobs: readonly NewJob[]) => Promise<void>;
}

/** How soon a service that something is wrong with is evaluated again when nothing arrives. */
const LOOK_AGAIN = MINUTE;

// Made once: a schema compiles itself when it is first used, which takes longer than what it checks.
const ofService = z.object({ service: z.string() });
const ofIncident = z.object({ incidentId: z.string() });
const reminder = z.object({ incidentId: z.string(), reminder: z.enum([...PHASES, 'unresolved']) });
const ofMitigation = z.object({ mitigationId: z.string() });
const heldSince = z.object({ since: z.string() });
const ofCase = z.object({ caseId: z.string() });
const decision = z.object({
  mitigationId: z.string(),
  by: z.string(),
  decision: z.enum(['approve', 'reject']),
  parametersHash: z.string(),
  channel: z.string(),
});

/** The jobs that run use cases of the features. Each is idempotent because the verb it runs is. */
export function featureJobs(deps: FeatureJobDeps): ReadonlyMap<string, JobHandler> {
  const handlers: readonly (readonly [string, JobHandler])[] = [
    [
      'service.evaluate',
      async ({ payload }) => {
        const { service } = ofService.parse(payload);
        const { lookAgain } = await respondToSignals(deps, service);
        await verifyMitigations(deps, service);
        if (lookAgain)
          await deps.enqueue({
            ...evaluateJob(service),
            dueAt: new Date(deps.clock.now().getTime() + LOOK_AGAIN),
          });
        return DONE;
      },
    ],
    [
      'incident.remind',
      async ({ payload }) => {
        await remind(deps, reminder.parse(payload));
        return DONE;
      },
    ],
    [
      'incident.watch_latency',
      async ({ payload }) => {
        await escalateLatency(deps, ofIncident.parse(payload).incidentId);
        return DONE;
      },
    ],
    [
      'mitigation.decide',
      async (job) => {
        const { channel, ...input } = decision.parse(job.payload);
        try {
          await decideMitigation(deps, deps.approvers, input);
        } catch (error) {
          // A refusal is an answer, and it is for the person who clicked.
          if (!isAppError(error) || error.code === 'conflict') throw error;
          await deps.enqueue(tell(input.by, channel, error.message, `decide:${job.id}`));
        }
        return DONE;
      },
    ],
    [
      'mitigation.send',
      async ({ payload }, { lastAttempt }) => {
        await deps.holdAfterRestore();
        const result = await executeMitigation(
          deps,
          deps.target,
          ofMitigation.parse(payload).mitigationId,
          lastAttempt,
        );
        return result.kind === 'done' ? DONE : { kind: 'retry', reason: result.reason };
      },
    ],
    [
      'mitigation.send_held',
      async ({ payload }) => {
        await sendHeldMitigations(deps, heldSince.parse(payload).since);
        return DONE;
      },
    ],
    [
      'mitigation.deadline',
      async ({ payload }) => {
        await checkMitigation(deps, ofMitigation.parse(payload).mitigationId);
        return DONE;
      },
    ],
    [
      'golden.draft',
      async ({ payload }) => {
        await draftGoldenCases(deps, ofIncident.parse(payload).incidentId);
        return DONE;
      },
    ],
    [
      'golden.commit',
      async ({ payload }) => {
        const { caseId } = ofCase.parse(payload);
        await commitToDataset(
          { ...deps, followUp: (incidentId) => [draftPostmortem(incidentId)] },
          deps.golden,
          caseId,
        );
        return DONE;
      },
    ],
    [
      'postmortem.draft',
      async ({ payload }) => {
        await writePostmortem(deps, ofIncident.parse(payload).incidentId);
        return DONE;
      },
    ],
  ];
  return new Map(handlers);
}
