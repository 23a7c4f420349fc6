import { z } from 'zod';
import { duration } from '../services/quantities.ts';
import { DAY } from '../time.ts';

const glob = z.string().min(1);
const webAddress = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '';
}, 'write an address such as http://prometheus:9090, without user name or query');

/** How long what users wrote and were answered is kept unless the service says otherwise. */
export const PROMPT_RETENTION = 30 * DAY;

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
      /** Where steps of the kind `query` read. */
      prometheus: z
        .strictObject({ url: webAddress, headers: z.record(z.string(), z.string().max(2000)).default({}) })
        .optional(),
    })
    .prefault({}),
  /** How long examples and reports are kept: they hold what users wrote. */
  retention: z.strictObject({ prompts: duration.default(PROMPT_RETENTION) }).prefault({}),
};

const signalSettings = z.strictObject(signalFields);
export type SignalSettings = z.output<typeof signalSettings>;
export type AlertRule = SignalSettings['sources']['alerts'][number];
