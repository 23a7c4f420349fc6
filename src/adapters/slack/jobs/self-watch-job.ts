import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { JobHandler } from '../job.ts';
import { answer } from '../messages/answers.ts';
import type { SlackMessages } from '../ports.ts';
import { show } from '../show.ts';

export interface SelfWatchJobDeps {
  readonly client: WebClient;
  readonly messages: SlackMessages & { forget(key: string): Promise<void> };
  readonly channels: { readonly incidents: string };
  /** What is wrong now, by problem, in words. */
  readonly problems: () => Promise<ReadonlyMap<string, string>>;
}

/** Under which key the message of a problem is remembered until it has cleared. */
export function problemKey(problem: string): string {
  return `self-watch:${problem}`;
}

/**
 * Idempotent: one message under one key says what is wrong now, or that it has cleared; then the key is forgotten, so
 * that the next time is a new message.
 */
export function selfWatchJob(deps: SelfWatchJobDeps): readonly [string, JobHandler] {
  return [
    'self_watch.show',
    async (job) => {
      const { problem } = z.object({ problem: z.string() }).parse(job.payload);
      const key = problemKey(problem);
      const words = (await deps.problems()).get(problem);
      if (words !== undefined) {
        const text = `:rotating_light: ${withCode(words)}`;
        return show(deps, job, key, deps.channels.incidents, answer(text));
      }
      const shown = await deps.messages.find(key);
      // It cleared before it could be said: it is in the log.
      if (shown === undefined) return { kind: 'done' };
      const text = `:white_check_mark: Cleared: ${TITLES[problem] ?? problem}.`;
      const edited = await show(deps, job, key, deps.channels.incidents, answer(text));
      if (edited.kind === 'done') await deps.messages.forget(key);
      return edited;
    },
  ];
}

/** What it was, after it is over. */
const TITLES: Readonly<Record<string, string>> = {
  outbox_stuck: 'nothing that aire should do is waiting any more',
  jobs_dead: 'there are no jobs any more that aire gave up on',
  evaluation_late: 'triggers are evaluated in time again',
  review_missed: 'no review is missing any more',
  source_unanswered: 'everything that aire asks answers again',
};

/** Our own words, in which code quotes are meant; nothing that others wrote is among them. */
function withCode(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
