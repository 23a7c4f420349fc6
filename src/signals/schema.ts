import { z } from 'zod';
import { duration } from '../services/quantities.ts';
import { DAY } from '../time.ts';
import { evalsHook, prometheusSource } from './polling-schema.ts';
import { CHANGE_KINDS } from './signal.ts';

const match = z
  .record(z.string(), z.string().min(1))
  .refine((named) => Object.keys(named).length > 0, 'name at least one thing to match, such as title');

/** Whose alerts a service file may claim, and whose changes. */
const ALERTING = [
  'pagerduty',
  'alertmanager',
  'grafana',
  'datadog',
  'langfuse',
  'langsmith',
  'braintrust',
] as const;
const CHANGING = ['github', 'langfuse'] as const;

/** How long what users wrote and were answered is kept unless the service says otherwise. */
export const PROMPT_RETENTION = 30 * DAY;

/** Where a service's signals come from: the part of the service file that belongs to `signals/`. */
export const signalFields = {
  sources: z
    .strictObject({
      alerts: z
        .array(
          z.strictObject({
            from: z.enum(ALERTING),
            match,
            trigger: z.string(),
            without_value: z.enum(['trust', 'not_evaluable']).default('not_evaluable'),
          }),
        )
        .default([]),
      prometheus: prometheusSource.optional(),
      changes: z
        .array(z.strictObject({ from: z.enum(CHANGING), match, what: z.enum(CHANGE_KINDS) }))
        .default([]),
      /** Which SLI the results of an evaluation are, by `gen_ai.evaluation.name`. */
      evaluations: z.array(z.strictObject({ name: z.string().min(1), sli: z.string().min(1) })).default([]),
    })
    .prefault({}),
  evals: evalsHook.optional(),
  /** How long examples and reports are kept: they hold what users wrote. */
  retention: z.strictObject({ prompts: duration.default(PROMPT_RETENTION) }).prefault({}),
};

const signalSettings = z.strictObject(signalFields);
export type SignalSettings = z.output<typeof signalSettings>;
export type AlertRule = SignalSettings['sources']['alerts'][number];
export type ChangeRule = SignalSettings['sources']['changes'][number];
