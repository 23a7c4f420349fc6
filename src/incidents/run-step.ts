import { AppError, isAppError, messageOf } from '../errors.ts';
import { insertIntoHeaders, insertValues, urlSafe } from '../insert-values.ts';
import { judgeAnswer, judgeSamples, type StepResult } from '../runbooks/judge.ts';
import { promqlSafe } from '../runbooks/promql.ts';
import { isRunnable, type RunnableStep } from '../runbooks/schema.ts';
import type { ServiceIdentity } from '../services/schema.ts';
import { formatUtc } from '../time.ts';
import { compareStep } from './compare-step.ts';
import { type Incident, incidentName, isOpen } from './incident.ts';
import { incidentValues } from './incident-values.ts';
import { type PagingDeps, pageOwners } from './page-owners.ts';
import { pagedEntryId } from './paging.ts';
import { recordFinding } from './record-finding.ts';
import type { StepReaders } from './step-ports.ts';

/** Nothing was found yet: worth another try. */
type Later = { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number };

/**
 * Runs a step that was started and records what it found. What can't be read is `failed` at once, for a person to run
 * again; only a page is tried anew.
 *
 * @throws what the database throws.
 */
export async function runStep(
  deps: PagingDeps & StepReaders,
  input: { incidentId: string; stepId: string; run: string; isLast: boolean },
): Promise<Later | undefined> {
  const incident = await deps.store.incident(input.incidentId);
  const step = incident?.runbook.steps.find((each) => each.id === input.stepId);
  if (incident === undefined || step === undefined || !isRunnable(step)) return undefined;
  if (incident.steps[step.id]?.run !== input.run) return undefined;
  const result = await resultOf(deps, incident, step).catch((error: unknown): StepResult => {
    if (!isAppError(error) && !input.isLast) throw error;
    return { kind: 'failed', reason: messageOf(error) };
  });
  if (result.kind === 'later' && !input.isLast) return result;
  await recordFinding(deps, {
    ...input,
    result: result.kind === 'later' ? { kind: 'failed', reason: result.reason } : result,
  });
  return undefined;
}

async function resultOf(
  deps: PagingDeps & StepReaders,
  incident: Incident,
  step: RunnableStep,
): Promise<StepResult | Later> {
  const values = incidentValues(incident);
  switch (step.kind) {
    case 'query': {
      const prometheus = deps.services.get(incident.service)?.sources.prometheus;
      if (prometheus === undefined)
        throw new AppError(
          'not_found',
          `The file of ${incident.service} names no Prometheus. Add to it: sources: { prometheus: { url: … } }`,
        );
      const { url, headers } = prometheus;
      const query = insertValues(step.query, values, promqlSafe);
      const answer = await deps.query({ url, headers, query, timeoutMs: step.timeout });
      if (answer.kind === 'failed') return answer;
      const found = judgeSamples(answer.samples, step.healthy, step.unit);
      return found.kind === 'found' ? { ...found, url: answer.url } : found;
    }
    case 'http': {
      const answer = await deps.read({
        method: 'GET',
        url: insertValues(step.url, values, urlSafe),
        headers: insertIntoHeaders(step.headers, values),
        timeoutMs: step.timeout,
      });
      return answer.kind === 'failed' ? answer : judgeAnswer(answer, step);
    }
    case 'compare':
      return compareStep(deps, incident);
    case 'page':
      return page(deps, incident);
  }
}

/** One page an incident: when there is one already, that is the answer. */
async function page(deps: PagingDeps & StepReaders, incident: Incident): Promise<StepResult | Later> {
  const done = (note: string): StepResult => ({ kind: 'found', outcome: 'ok', note });
  const before = await deps.store.entry(pagedEntryId(incident.id));
  if (before !== undefined) return done(`already paged at ${formatUtc(before.at)}`);
  const owners = deps.services.get(incident.service)?.owners;
  const byHand = (why: string): StepResult => ({
    kind: 'failed',
    reason: `${why} Call them: ${owners === undefined ? 'nobody is named' : whoToCall(owners)}. Then press Done.`,
  });
  if (deps.pager === undefined) return byHand('Paging is off here.');
  if (owners?.pagerduty_service === undefined)
    return byHand('The service file has no owners.pagerduty_service.');
  if (!isOpen(incident))
    return { kind: 'failed', reason: `Nobody was paged: ${incidentName(incident)} is over.` };
  // An earlier run may have paged without hearing of it: it is looked for first.
  const paged = await pageOwners(deps, deps.pager, {
    incidentId: incident.id,
    occasion: 'asked',
    attempt: 2,
  });
  if (paged.kind === 'reject') return byHand(`PagerDuty refused the page: ${paged.reason}`);
  if (paged.kind === 'retry')
    return {
      kind: 'later',
      reason: `PagerDuty could not be asked: ${paged.reason}`,
      ...(paged.afterMs === undefined ? {} : { afterMs: paged.afterMs }),
    };
  return done(`paged ${owners.pagerduty_service}`);
}

/** The people of a service, as its file names them. */
export function whoToCall({ team, channel, sre, ml }: ServiceIdentity['owners']): string {
  return [team, channel, sre, ml].filter((each) => each !== undefined).join(', ');
}
