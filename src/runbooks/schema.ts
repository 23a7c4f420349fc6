import { z } from 'zod';
import { duration } from '../services/quantities.ts';
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
]);
export type StepDefinition = z.output<typeof step>;

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
