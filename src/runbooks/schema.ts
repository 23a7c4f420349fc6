import { z } from 'zod';
import { duration, quantity } from '../services/quantities.ts';
import { SECOND } from '../time.ts';
import { KINDS, triggerRule } from '../triggers/schema.ts';

/** What responders found to be the cause; selects mitigations (design §2). */
export const CAUSES = [
  'model',
  'prompt',
  'retrieval',
  'data',
  'judge',
  'vendor',
  'infrastructure',
  'unknown',
] as const;
export type Cause = (typeof CAUSES)[number];

/** The phases a responder walks through; an incident is then closed (reference §E). */
export const PHASES = ['triage', 'scope', 'mitigate', 'post_incident'] as const;
export type RunbookPhase = (typeof PHASES)[number];

const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,59}$/, 'use lower-case letters, digits and underscores, starting with a letter');
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z
    .union([item, z.array(item).min(1)])
    .transform((value): z.output<T>[] => (Array.isArray(value) ? value : [value]));

/** The closed vocabulary of conditions: every named part must hold (design §8). */
export const condition = z.strictObject({
  kind: oneOrMore(z.enum(KINDS)).optional(),
  cause: oneOrMore(z.enum(CAUSES)).optional(),
  trigger: oneOrMore(z.string()).optional(),
  fact: z
    .record(
      z.string(),
      z
        .strictObject({ is: z.string().optional(), in: z.array(z.string()).min(1).optional() })
        .refine(
          (test) => (test.is === undefined) !== (test.in === undefined),
          'test a fact by is or by in, one of them',
        ),
    )
    .optional(),
});
export type Condition = z.output<typeof condition>;

const stepBase = {
  id: identifier,
  phase: z.enum(PHASES),
  title: z.string().min(1).max(150),
  hint: z.string().max(1000).optional(),
  when: condition.optional(),
};

const timeout = duration
  .refine((ms) => ms >= SECOND && ms <= 14 * SECOND, 'write a time from 1s to 14s')
  .default(10 * SECOND);
/** `auto`: aire runs it as soon as its phase has begun and its condition holds; `click`: when a person asks. */
const run = z.enum(['auto', 'click']).default('click');
const template = z.string().min(1).max(2000);
const headers = z.record(z.string(), template).default({});
const bounds = { below: quantity.optional(), above: quantity.optional() };
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const isGiven = (test: object): boolean => Object.keys(test).length > 0;

/** Between which limits a number is healthy; both are exclusive. */
const healthyNumber = z.strictObject(bounds).refine(isGiven, 'write below, above or both');
export type Bounds = z.output<typeof healthyNumber>;

/** What is healthy in an answer: a value, one of several, or a number within limits. */
const healthyValue = z
  .strictObject({ ...bounds, is: scalar.optional(), in: z.array(scalar).min(1).optional() })
  .refine(isGiven, 'write is, in, below or above');
export type HealthyValue = z.output<typeof healthyValue>;

/** RFC 6901. */
const pointer = z
  .string()
  .regex(
    /^(?:\/(?:[^~/]|~[01])*)*$/,
    'write a JSON pointer such as /status/phase; ~ is written ~0 and / is ~1',
  );

/** One step of a playbook or runbook. Kinds are a closed set. */
export const step = z.discriminatedUnion('kind', [
  z.strictObject({ ...stepBase, kind: z.literal('check') }),
  z.strictObject({ ...stepBase, kind: z.literal('note'), sets: identifier.optional() }),
  z.strictObject({
    ...stepBase,
    kind: z.literal('choose'),
    sets: identifier,
    options: z
      .array(z.strictObject({ value: identifier, label: z.string().min(1).max(75) }))
      .min(2)
      .max(20),
  }),
  z.strictObject({ ...stepBase, kind: z.literal('mitigate'), mitigation: identifier.optional() }),
  z.strictObject({
    ...stepBase,
    kind: z.literal('query'),
    query: template,
    healthy: healthyNumber,
    unit: z.string().min(1).max(20).optional(),
    sets: identifier.optional(),
    run,
    timeout,
  }),
  z
    .strictObject({
      ...stepBase,
      kind: z.literal('http'),
      url: template,
      headers,
      pointer: pointer.optional(),
      healthy: healthyValue.optional(),
      sets: identifier.optional(),
      run,
      timeout,
    })
    .refine((step) => step.pointer !== undefined || (step.healthy === undefined && step.sets === undefined), {
      error: 'healthy and sets need a pointer: it says which value of the answer they are about',
      path: ['pointer'],
    }),
  z.strictObject({ ...stepBase, kind: z.literal('compare'), run }),
  z.strictObject({ ...stepBase, kind: z.literal('page'), who: z.enum(['owners']).default('owners') }),
]);
export type StepDefinition = z.output<typeof step>;

/** A step that aire itself can do. */
export type RunnableStep = Extract<StepDefinition, { kind: 'query' | 'http' | 'compare' | 'page' }>;

/** Whether aire itself can do a step; a person can always answer it too. */
export function isRunnable(step: StepDefinition): step is RunnableStep {
  return step.kind === 'query' || step.kind === 'http' || step.kind === 'compare' || step.kind === 'page';
}

/** What of a step values are inserted into. */
export function templateOf(step: RunnableStep): string {
  switch (step.kind) {
    case 'query':
      return step.query;
    case 'http':
      return [step.url, ...Object.values(step.headers)].join('\n');
    case 'compare':
    case 'page':
      return '';
  }
}

const uniqueIds = (steps: readonly { id: string }[]) => new Set(steps.map((s) => s.id)).size === steps.length;

/** `runbooks/playbook.yaml`: the documented triggers, phases and steps that every service inherits. */
export const playbookFile = z.strictObject({
  triggers: z.record(identifier, triggerRule),
  phases: z.strictObject({
    triage: z.strictObject({ title: z.string(), window: duration }),
    scope: z.strictObject({ title: z.string(), window: duration }),
    mitigate: z.strictObject({ title: z.string(), window: duration }),
    post_incident: z.strictObject({ title: z.string(), window: duration }),
  }),
  steps: z.array(step).min(1).refine(uniqueIds, 'two steps have the same id'),
});
export type Playbook = z.output<typeof playbookFile>;

/** A service's own steps, chosen by trigger or cause: the part of the service file that belongs to `runbooks/`. */
export const runbookFields = {
  runbooks: z
    .record(
      identifier,
      z.strictObject({
        when: condition,
        steps: z.array(step).min(1).refine(uniqueIds, 'two steps have the same id'),
      }),
    )
    .default({}),
};
const runbookSettings = z.strictObject(runbookFields);
export type RunbookSettings = z.output<typeof runbookSettings>;
