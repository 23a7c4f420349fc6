import { gunzipSync } from 'node:zlib';
import type { TokenHolder } from '../../bearer-token.ts';
import { contentHash } from '../../ids.ts';
import { parseJson } from '../../json.ts';
import type { ServiceDirectory, ServiceIdentity } from '../../services/schema.ts';
import { KNOWN_SLIS, sliDefinition } from '../../services/slis.ts';
import { groupsBy, partsOf } from '../../signals/label-bounds.ts';
import { parseSignals, type Refusal } from '../../signals/parse-signals.ts';
import type { Reading, SignalSource } from '../../signals/receive-delivery.ts';
import type { SignalSettings } from '../../signals/schema.ts';
import type { Signal } from '../../signals/signal.ts';
import type { TriggerSettings } from '../../triggers/schema.ts';
import { senderByToken } from './alert-token.ts';
import { slicedLabels } from './otlp-labels.ts';
import { type EvaluationRecord, evaluationRecords } from './otlp-records.ts';
import { deliveryIdOf, rulesOf } from './vendor-alert.ts';

type EvaluatedService = ServiceIdentity & SignalSettings & Partial<Pick<TriggerSettings, 'baseline'>>;
type Evaluation = Omit<EvaluationRecord, 'service' | 'score' | 'attributes'> & {
  readonly service: EvaluatedService;
  readonly sli: string;
  readonly score: number;
  readonly labels: Readonly<Record<string, string>>;
};

const MAX_UNZIPPED = 8 * 1024 * 1024;
const HOUR_TEXT = '2026-11-21T10'.length;
const PASSED = ['pass', 'passed'];
const FAILED = ['fail', 'failed'];

/**
 * `POST /webhooks/otlp/v1/logs`: `gen_ai.evaluation.result` events (integrations §4.2) become measurements. Each event is
 * one sample, so those of a request are one measurement for each service, SLI and hour, or for each slice of it.
 */
export function otlpEvaluationsSource(options: {
  senders: readonly TokenHolder[];
  services: ServiceDirectory<EvaluatedService>;
}): SignalSource {
  const rules = rulesOf(options.services.all());
  return {
    name: 'otlp',
    authenticate: (delivery) => ({
      sender: senderByToken(options.senders, delivery),
      deliveryId: deliveryIdOf(rules, delivery.body),
    }),
    read: (body, _sender, now) => read(body, options.services, now),
  };
}

function read(body: Buffer, services: ServiceDirectory<EvaluatedService>, now: Date): Reading {
  const records = evaluationRecords(parseJson(unzipped(body)), now);
  if (records === undefined)
    return {
      kind: 'unusable',
      reason: 'The body is no OTLP request in JSON with resourceLogs, plain or gzipped.',
    };
  if (records.length === 0)
    return {
      kind: 'nothing',
      why: 'the request has no gen_ai.evaluation.result; other log records are not used',
    };
  const refused: Refusal[] = [];
  const evaluations: Evaluation[] = [];
  records.forEach((record, index) => {
    const evaluation = evaluate(record, services);
    if (typeof evaluation === 'string') {
      refused.push({ index, id: record.name ?? null, code: 'unreadable', reason: evaluation });
      return;
    }
    evaluations.push(evaluation);
  });
  const signals: Signal[] = [];
  const hours = groupsBy(evaluations, ({ service, sli, at }) =>
    [service.service, sli, at.toISOString().slice(0, HOUR_TEXT)].join(' '),
  );
  const bounded = hours.map(partsOf);
  const groups = bounded.flatMap((hour) => {
    const span = spanOf(hour.groups.flat());
    return hour.groups.map((group) => ({ group, span }));
  });
  for (const { group, span } of groups) {
    const parsed = parseSignals([measurementOf(group, span)], { source: 'otlp', services, now });
    signals.push(...parsed.signals);
    // Each of its records is refused, which is what OTLP counts.
    for (const { index, name } of group)
      refused.push(...parsed.refused.map((refusal) => ({ ...refusal, index, id: name ?? null })));
  }
  const [beyond] = bounded.flatMap((hour) => hour.beyond ?? []);
  return {
    kind: 'signals',
    signals,
    refused,
    ...(beyond === undefined ? {} : { note: `The request has ${beyond}` }),
  };
}

/** The sample that an event is, or why it is none. */
function evaluate(
  record: EvaluationRecord,
  services: ServiceDirectory<EvaluatedService>,
): Evaluation | string {
  const { attributes, ...event } = record;
  const { name, score, label } = event;
  if (name === undefined) return 'an event has no gen_ai.evaluation.name';
  const service = record.service === undefined ? undefined : services.get(record.service);
  if (service === undefined)
    return `there is no service “${record.service ?? ''}”; set service.name of the resource, or the attribute aire.service, to the name of a service file`;
  const sli = sliOf(name, service);
  if (sli === undefined)
    return `${service.service} does not say which SLI the evaluation “${name}” is. Add to its file:  sources: { evaluations: [ { name: ${JSON.stringify(name)}, sli: … } ] }`;
  const sample = score ?? scoreOf(label, sliDefinition(sli, service.slis).better);
  if (sample !== undefined) {
    const labels = slicedLabels(attributes, service.baseline?.slices ?? []);
    return { ...event, service, sli, score: sample, labels };
  }
  return record.error === undefined
    ? `the evaluation “${name}” has no gen_ai.evaluation.score.value, and its label “${label ?? ''}” is neither pass nor fail`
    : `the evaluation “${name}” failed itself (${record.error}), so it says nothing about the answer`;
}

/** As the service file says, else by its own name: `Task completion rate` is `task_completion_rate`. */
function sliOf(name: string, { sources, slis }: EvaluatedService): string | undefined {
  const mapped = sources.evaluations.find((each) => each.name === name)?.sli;
  if (mapped !== undefined) return mapped;
  const plain = name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s.-]+/g, '_');
  return Object.hasOwn(KNOWN_SLIS, plain) || Object.hasOwn(slis, plain) ? plain : undefined;
}

/** A rate of what is good counts what passed, a rate of what is bad what failed. */
function scoreOf(label: string | undefined, better: 'higher' | 'lower'): number | undefined {
  const word = label?.trim().toLowerCase() ?? '';
  if (PASSED.includes(word)) return better === 'higher' ? 1 : 0;
  return FAILED.includes(word) ? (better === 'higher' ? 0 : 1) : undefined;
}

/** From the first to the newest of them, in seconds, and when that was. */
function spanOf(hour: readonly Evaluation[]): { readonly seconds: number; readonly newest: Date } {
  const times = hour.map(({ at }) => at.getTime()).sort((a, b) => a - b);
  const newest = times.at(-1) ?? 0;
  return { seconds: Math.round((newest - (times[0] ?? 0)) / 1000), newest: new Date(newest) };
}

/**
 * The mean of the scores, in the format of `POST /webhooks/signals`. What one request says of an hour has one time, so
 * that its slices are one moment of the total.
 */
function measurementOf(
  group: readonly Evaluation[],
  { seconds, newest }: ReturnType<typeof spanOf>,
): unknown {
  const [first] = group;
  const labels = first?.labels ?? {};
  const isWhole = Object.keys(labels).length === 0;
  return {
    type: 'measurement',
    id: contentHash([
      first?.service.service,
      first?.sli,
      group.map(({ name, at, score, trace }) => [name, at.toISOString(), score, trace ?? null]),
      ...(isWhole ? [] : [labels]),
    ]),
    service: first?.service.service,
    sli: first?.sli,
    value: group.reduce((sum, { score }) => sum + score, 0) / group.length,
    samples: group.length,
    ...(seconds > 0 ? { window_s: seconds } : {}),
    at: newest.toISOString(),
    labels,
  };
}

/** Collectors zip by default; what is no gzip stays as it is, and too much of it is nothing. */
function unzipped(body: Buffer): Buffer {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    return gunzipSync(body, { maxOutputLength: MAX_UNZIPPED });
  } catch {
    return Buffer.alloc(0);
  }
}
