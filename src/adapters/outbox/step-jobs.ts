import { z } from 'zod';
import type { PagingDeps } from '../../incidents/page-owners.ts';
import { runStep } from '../../incidents/run-step.ts';
import type { StepReaders } from '../../incidents/step-ports.ts';
import { DONE, type JobHandler } from './worker.ts';

const ofRun = z.object({ incidentId: z.string(), stepId: z.string(), run: z.string() });
/** So often a page is tried before the step says that it failed. */
const TRIES = 4;

/** The job that runs a step. */
export function stepJobs(deps: PagingDeps & StepReaders): ReadonlyMap<string, JobHandler> {
  return new Map<string, JobHandler>([
    [
      // Idempotent: reading changes nothing, one page an incident; a finding counts once, for its own run.
      'step.run',
      async (job, { lastAttempt }) => {
        const isLast = lastAttempt || job.attempt >= TRIES;
        const later = await runStep(deps, { ...ofRun.parse(job.payload), isLast });
        return later === undefined ? DONE : { ...later, kind: 'retry' };
      },
    ],
  ]);
}
