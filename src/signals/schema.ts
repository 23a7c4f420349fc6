import { z } from 'zod';

const glob = z.string().min(1);

/** Where a service's signals come from: the part of the service file that belongs to `signals/`. */
export const signalFields = {
  sources: z
    .strictObject({
      alerts: z
        .array(
          z.strictObject({
            from: z.enum(['pagerduty', 'alertmanager']),
            match: z
              .record(z.string(), glob)
              .refine(
                (match) => Object.keys(match).length > 0,
                'name at least one thing to match, such as title',
              ),
            trigger: z.string(),
            without_value: z.enum(['trust', 'not_evaluable']).default('not_evaluable'),
          }),
        )
        .default([]),
    })
    .prefault({}),
};

const signalSettings = z.strictObject(signalFields);
export type SignalSettings = z.output<typeof signalSettings>;
export type AlertRule = SignalSettings['sources']['alerts'][number];
