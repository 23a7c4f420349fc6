import { z } from 'zod';

const EVENT = 'gen_ai.evaluation.result';

/** A value of an attribute in OTLP's JSON: integers come as text. */
const anyValue = z
  .object({
    stringValue: z.string().optional(),
    doubleValue: z.number().optional(),
    intValue: z.union([z.string(), z.number()]).optional(),
    boolValue: z.boolean().optional(),
  })
  .catch({});
const attributes = z
  .array(z.object({ key: z.string(), value: anyValue }))
  .default([])
  .catch([]);
const nanoseconds = z.union([z.string(), z.number()]).optional().catch(undefined);
const text = z.string().optional().catch(undefined);

/** What of an export request is needed (OTLP/HTTP, JSON encoding). */
const request = z.object({
  resourceLogs: z.array(
    z.object({
      resource: z.object({ attributes }).default({ attributes: [] }).catch({ attributes: [] }),
      scopeLogs: z
        .array(
          z.object({
            logRecords: z
              .array(
                z.object({
                  eventName: text,
                  timeUnixNano: nanoseconds,
                  observedTimeUnixNano: nanoseconds,
                  attributes,
                  traceId: text,
                  spanId: text,
                }),
              )
              .default([]),
          }),
        )
        .default([]),
    }),
  ),
});
type Attributes = z.output<typeof attributes>;

/** A `gen_ai.evaluation.result` as it came. */
export interface EvaluationRecord {
  /** Among the evaluations of the request. */
  readonly index: number;
  readonly name: string | undefined;
  readonly score: number | undefined;
  readonly label: string | undefined;
  /** `error.type`: the evaluation itself failed. */
  readonly error: string | undefined;
  readonly service: string | undefined;
  readonly at: Date;
  /** What was evaluated, where the event says. */
  readonly trace: string | undefined;
  /** What the event says of itself, and the resource of it, as text. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** The evaluations of an export request, other records left out; undefined when it is none. */
export function evaluationRecords(json: unknown, now: Date): readonly EvaluationRecord[] | undefined {
  const read = request.safeParse(json);
  if (!read.success) return undefined;
  return read.data.resourceLogs
    .flatMap(({ resource, scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords.map((record) => ({ resource, record }))),
    )
    .filter(({ record }) => (record.eventName || textOf(record.attributes, 'event.name')) === EVENT)
    .map(({ resource, record }, index) => {
      const own = record.attributes;
      return {
        index,
        name: textOf(own, 'gen_ai.evaluation.name'),
        score: numberOf(own, 'gen_ai.evaluation.score.value'),
        label: textOf(own, 'gen_ai.evaluation.score.label'),
        error: textOf(own, 'error.type'),
        service:
          textOf(own, 'aire.service') ??
          textOf(resource.attributes, 'aire.service') ??
          textOf(resource.attributes, 'service.name'),
        at: timeOf(record.timeUnixNano) ?? timeOf(record.observedTimeUnixNano) ?? now,
        trace: textOf(own, 'gen_ai.response.id') ?? record.spanId ?? record.traceId,
        attributes: new Map([...resource.attributes, ...own].map(({ key, value }) => [key, plain(value)])),
      };
    });
}

function attributeOf(all: Attributes, key: string): Attributes[number]['value'] | undefined {
  return all.find((attribute) => attribute.key === key)?.value;
}

function plain({ stringValue, intValue, boolValue, doubleValue }: Attributes[number]['value']): string {
  return String(stringValue ?? intValue ?? boolValue ?? doubleValue ?? '');
}

function textOf(all: Attributes, key: string): string | undefined {
  const text = attributeOf(all, key)?.stringValue;
  return text === '' ? undefined : text;
}

function numberOf(all: Attributes, key: string): number | undefined {
  const value = attributeOf(all, key);
  const number = value?.doubleValue ?? (value?.intValue === undefined ? undefined : Number(value.intValue));
  return number !== undefined && Number.isFinite(number) ? number : undefined;
}

/** Unix nanoseconds; 0 is no time. */
function timeOf(nanoseconds: string | number | undefined): Date | undefined {
  const date = new Date(Number(nanoseconds ?? Number.NaN) / 1e6);
  return date.getTime() > 0 ? date : undefined;
}
