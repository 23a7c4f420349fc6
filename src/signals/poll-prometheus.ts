import { contentHash } from '../ids.ts';
import type { ServiceDirectory, ServiceIdentity } from '../services/schema.ts';
import { type Clock, SECOND } from '../time.ts';
import { parseSignals } from './parse-signals.ts';
import { inChunks, type PolledMoment } from './poll-chunks.ts';
import { CATCH_UP, itemsOf, missing, momentsOf, outcomeOf, type PollOutcome } from './polled-points.ts';
import { polledParts, type QueryFault } from './polled-series.ts';
import type { RangeAnswer, RangeQuery, Series } from './polling-ports.ts';
import type { PrometheusSource } from './polling-schema.ts';
import type { DeliveryStore } from './ports.ts';
import { deadLetterNotice, evaluateJob } from './receive-delivery.ts';

const SOURCE = 'prometheus';
/** All queries of a poll run at once, one that was too large again for 4 s, and a job has 15 s. */
const TIMEOUT = 10 * SECOND;

export interface PollDeps {
  readonly store: DeliveryStore;
  readonly services: ServiceDirectory<ServiceIdentity>;
  readonly clock: Clock;
  readonly queryRange: (query: RangeQuery) => Promise<RangeAnswer>;
  /** The time of the newest measurement of each SLI from this source since `since`. */
  readonly newestMeasurements: (
    source: string,
    service: string,
    slis: readonly string[],
    since: Date,
  ) => Promise<ReadonlyMap<string, Date>>;
}

/** What is polled, and how the series of an answer may differ. */
export type PolledSource = PrometheusSource & {
  /** The labels of `baseline.slices`. */
  readonly slices: readonly string[];
  /** The SLIs that are counts which spikes add up. */
  readonly addsUp: readonly string[];
};

/** What came of a poll. */
export interface Polled {
  readonly outcomes: ReadonlyMap<string, PollOutcome>;
  /** The newest moment that is known of each SLI. */
  readonly newest: ReadonlyMap<string, Date>;
  /** Why Prometheus could not be asked. */
  readonly failed?: string;
  readonly warning?: string;
}

interface Answer {
  readonly sli: string;
  readonly outcome: PollOutcome;
  readonly moments: readonly PolledMoment[];
  readonly failed?: string;
  readonly warning?: string;
  readonly fault?: QueryFault;
}

/**
 * Asks a service's Prometheus for every moment that is not known yet, an hour back at most, and stores what it says as
 * measurements, oldest first. What is wrong with a query is told in Slack once.
 *
 * @param signal when time is up: what is not stored by then is left to the next poll.
 * @throws AppError `database_unavailable`.
 */
export async function pollPrometheus(
  deps: PollDeps,
  service: string,
  source: PolledSource,
  signal?: AbortSignal,
): Promise<Polled> {
  const now = deps.clock.now();
  const slis = Object.keys(source.queries);
  const since = new Date(now.getTime() - CATCH_UP - source.every);
  const known = await deps.newestMeasurements(SOURCE, service, slis, since);
  const answers = await Promise.all(
    slis.map((sli) => ask(deps, { service, source, sli, now }, known.get(sli))),
  );

  const newest = new Map(known);
  const refusals = new Map<string, string>();
  const found = new Map<string, QueryFault>();
  const chunks = inChunks(answers.flatMap(({ moments }) => moments));
  let isNew = false;
  for (const [n, chunk] of chunks.entries()) {
    const made = chunk.map((moment) => ({ moment, ...itemsOf({ service, every: source.every }, moment) }));
    for (const { moment, fault } of made) if (fault !== undefined) found.set(moment.sli, fault);
    const items = made.flatMap((each) => each.items);
    const { signals, refused } = parseSignals(items, { source: SOURCE, services: deps.services, now });
    for (const { index, reason } of refused) refusals.set(items[index]?.sli ?? '', reason);
    isNew ||= signals.length > 0;
    // What is half known is not judged before its time.
    const isLast = n === chunks.length - 1 || signal?.aborted === true;
    const id = contentHash([items, signals].map((all) => all.map((each) => each.id)));
    if (signals.length > 0 || (isLast && isNew))
      await deps.store.storeDelivery(
        { source: SOURCE, id, receivedAt: now },
        signals,
        isLast ? [evaluateJob(service)] : [],
      );
    for (const stored of signals) if (stored.type === 'measurement') newest.set(stored.sli, stored.at);
    if (isLast) break;
  }
  const faults = answers.flatMap(({ sli, fault = found.get(sli) }) => {
    const reason = refusals.get(sli);
    if (reason !== undefined) return [{ sli, key: 'refused', reason }];
    return fault === undefined ? [] : [{ sli, ...fault }];
  });
  for (const { sli, key, reason } of faults) {
    const id = `${service}:${sli}:${contentHash([source.queries[sli], key]).slice(0, 16)}`;
    const said = `sources.prometheus.queries.${sli} of ${service}: ${reason}`;
    const body = JSON.stringify(source.queries[sli]);
    // Under one id: told once, and again only for another query or another fault.
    await deps.store.storeDelivery(
      { source: SOURCE, id, receivedAt: now, problem: { reason: said, body } },
      [],
      [deadLetterNotice(SOURCE, id, id, isNew)],
    );
  }

  const { failed } = answers.find((answer) => answer.failed !== undefined) ?? {};
  const { warning } = answers.find((answer) => answer.warning !== undefined) ?? {};
  return {
    outcomes: new Map(answers.map(({ sli, outcome }) => [sli, refusals.has(sli) ? 'refused' : outcome])),
    newest,
    ...(failed === undefined ? {} : { failed }),
    ...(warning === undefined ? {} : { warning }),
  };
}

async function ask(
  { queryRange }: PollDeps,
  about: { service: string; source: PolledSource; sli: string; now: Date },
  newest: Date | undefined,
): Promise<Answer> {
  const { source, sli, now } = about;
  const { url, headers, every } = source;
  const query = source.queries[sli];
  const range = missing(newest, every, now);
  if (query === undefined || range === undefined) return { sli, outcome: 'ok', moments: [] };
  const read = (text: string): Promise<RangeAnswer> =>
    queryRange({ url, headers, query: text, ...range, step: every, timeoutMs: TIMEOUT });
  const both = typeof query === 'string' ? [query] : [query.value, query.samples];
  const [value, samples] = await Promise.all(both.map(read));
  for (const answer of [value, samples]) {
    if (answer?.kind === 'failed') return { sli, outcome: 'failed', moments: [], failed: answer.reason };
    if (answer?.kind === 'fault') {
      const which = answer === samples ? 'samples' : 'value';
      return { sli, outcome: 'fault', moments: [], fault: { key: which, reason: answer.reason } };
    }
  }
  const warnings = [value, samples].flatMap((answer) =>
    answer?.kind === 'series' ? (answer.warning ?? []) : [],
  );
  const parts = polledParts(
    seriesOf(value) ?? [],
    seriesOf(samples),
    source.slices,
    source.addsUp.includes(sli),
  );
  return {
    sli,
    ...('reason' in parts
      ? { outcome: 'fault', moments: [], fault: parts }
      : { outcome: outcomeOf(parts, range.to), moments: momentsOf(sli, parts) }),
    ...(warnings[0] === undefined ? {} : { warning: warnings[0] }),
  };
}

function seriesOf(answer: RangeAnswer | undefined): readonly Series[] | undefined {
  return answer?.kind === 'series' ? answer.series : undefined;
}
