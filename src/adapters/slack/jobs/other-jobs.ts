import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { heldSince } from '../../../mitigations/installation.ts';
import { collectReview } from '../../../reviews/hold-review.ts';
import { platformError } from '../client.ts';
import { GONE, type JobHandler, type JobOutcome } from '../job.ts';
import { answer } from '../messages/answers.ts';
import { clipMrkdwn, escapeMrkdwn, inline } from '../messages/blocks.ts';
import { goldenCaseMessage } from '../messages/golden-case.ts';
import { holdMessage } from '../messages/hold.ts';
import { mitigationMessage } from '../messages/mitigation.ts';
import { reviewMessage } from '../messages/review.ts';
import type { SlackDeps } from '../ports.ts';
import { failed, show } from '../show.ts';
import { channelKey } from './incident-jobs.ts';

/** Characters of a reason, so that what to do still fits behind it. */
const REASON_LIMIT = 2500;
const NO_CHANNEL: JobOutcome = { kind: 'retry', reason: 'the incident has no channel yet' };

type Deps = SlackDeps & {
  readonly client: WebClient;
  deliveryProblem(source: string, id: string): Promise<string | undefined>;
};

/** The jobs that show mitigations, golden cases, the review, and what went wrong. */
export function otherJobs(deps: Deps): ReadonlyMap<string, JobHandler> {
  const { store, messages, client } = deps;

  /** Idempotent: one card under one key. */
  const showMitigation: JobHandler = async (job) => {
    const { incidentId, mitigationId } = z
      .object({ incidentId: z.string(), mitigationId: z.string() })
      .parse(job.payload);
    const [incident, mitigation, installation, place] = await Promise.all([
      store.incident(incidentId),
      store.mitigation(mitigationId),
      store.installation(),
      messages.find(channelKey(incidentId)),
    ]);
    if (incident === undefined || mitigation === undefined) return GONE;
    if (place === undefined) return NO_CHANNEL;
    return show(
      deps,
      job,
      `mitigation:${mitigationId}`,
      place.channel,
      mitigationMessage(mitigation, incident, heldSince(installation) !== undefined),
    );
  };

  /** Idempotent: one message for each restore. */
  const showHold: JobHandler = async (job) => {
    const [installation, approved] = await Promise.all([store.installation(), store.approvedMitigations()]);
    const hold = installation?.hold;
    if (hold === undefined) return GONE;
    const key = `mitigation-hold:${hold.since.toISOString()}`;
    const waiting = approved.filter((each) => each.expiresAt > deps.clock.now());
    return show(deps, job, key, deps.channels.incidents, holdMessage(hold, waiting));
  };

  /** Idempotent: one message under one key. */
  const showCase: JobHandler = async (job) => {
    const { incidentId, caseId } = z
      .object({ incidentId: z.string(), caseId: z.string() })
      .parse(job.payload);
    const [golden, place] = await Promise.all([
      store.goldenCase(caseId),
      messages.find(channelKey(incidentId)),
    ]);
    if (golden === undefined) return GONE;
    if (place === undefined) return NO_CHANNEL;
    return show(deps, job, `golden:${caseId}`, place.channel, goldenCaseMessage(golden));
  };

  /** Not quite idempotent: an answer whose receipt was lost is told twice, to one person who can't be misled by it. */
  const tell: JobHandler = async (job) => {
    const { person, channel, text } = z
      .object({ person: z.string(), channel: z.string(), text: z.string() })
      .parse(job.payload);
    const said = answer(escapeMrkdwn(text));
    const body = { text: said.text, blocks: [...said.blocks] };
    try {
      await client.chat.postEphemeral({ channel, user: person, ...body });
      return { kind: 'done' };
    } catch (error) {
      if (!NOT_THERE.has(platformError(error) ?? '')) return failed(error);
    }
    try {
      // They are not in that channel: a direct message reaches them anywhere.
      await client.chat.postMessage({ channel: person, ...body });
      return { kind: 'done' };
    } catch (error) {
      return failed(error);
    }
  };

  /** Idempotent: each asked-for review is one message under its own key. */
  const postReview: JobHandler = async (job) => {
    const { reviewId, until } = z.object({ reviewId: z.string(), until: z.date() }).parse(job.payload);
    const review = await collectReview(store, deps.services, until);
    return show(deps, job, `review:${reviewId}`, deps.channels.review, reviewMessage(review));
  };

  /** Idempotent: one message for each delivery. */
  const reportProblem: JobHandler = async (job) => {
    const { source, deliveryId, partly } = z
      .object({ source: z.string(), deliveryId: z.string(), partly: z.boolean().default(false) })
      .parse(job.payload);
    const problem = await deps.deliveryProblem(source, deliveryId);
    if (problem === undefined) return GONE;
    const what = partly
      ? `A part of a delivery from ${escapeMrkdwn(source)} could not be used.`
      : `A delivery from ${escapeMrkdwn(source)} could not be used, so no incident came of it.`;
    const text = `:inbox_tray: ${what} ${clipMrkdwn(escapeMrkdwn(problem), REASON_LIMIT)}`;
    return show(deps, job, `problem:${source}:${deliveryId}`, deps.channels.incidents, answer(text));
  };

  /** Idempotent: one message for each test signal. */
  const showTestSignal: JobHandler = async (job) => {
    const { id, source, service } = z
      .object({ id: z.string(), source: z.string(), service: z.string() })
      .parse(job.payload);
    const text = `:satellite_antenna: Test signal for ${inline(service)} arrived from ${inline(source)}: the signature fits, and the service is known. Nothing was declared.`;
    return show(deps, job, `test-signal:${source}:${id}`, deps.channels.incidents, answer(text));
  };

  /** Idempotent: one message for each dead job. */
  const reportDead: JobHandler = async (job) => {
    const { jobId, kind, reason } = z
      .object({ jobId: z.number(), kind: z.string(), reason: z.string() })
      .parse(job.payload);
    const text = `:warning: aire gave up on “${escapeMrkdwn(kind)}”: ${clipMrkdwn(escapeMrkdwn(reason), REASON_LIMIT)}. Mend the cause, then run \`aire outbox retry ${jobId}\`.`;
    return show(deps, job, `dead:${jobId}`, deps.channels.incidents, answer(text));
  };

  return new Map([
    ['mitigation.show', showMitigation],
    ['mitigation_hold.show', showHold],
    ['golden.show', showCase],
    ['person.tell', tell],
    ['review.post', postReview],
    ['delivery.report_problem', reportProblem],
    ['job.report_dead', reportDead],
    ['test_signal.show', showTestSignal],
  ]);
}

const NOT_THERE: ReadonlySet<string> = new Set([
  'user_not_in_channel',
  'channel_not_found',
  'not_in_channel',
  'is_archived',
]);
