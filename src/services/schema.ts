import { z } from 'zod';
import { DAY, MINUTE } from '../time.ts';
import { duration, quantity, share } from './quantities.ts';

export const serviceName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/, 'use lower-case letters, digits and hyphens, 48 at most');

/** The five dimensions a quality budget is kept for (reference §B). */
export const DIMENSIONS = ['cognitive_accuracy', 'safety', 'autonomy', 'performance', 'cost'] as const;

const slo = z
  .strictObject({
    dimension: z.enum(DIMENSIONS),
    at_least: quantity.optional(),
    at_most: quantity.optional(),
    allowance: share.optional(),
  })
  .refine((value) => (value.at_least === undefined) !== (value.at_most === undefined), {
    error: 'an SLO has either at_least or at_most',
  });

const timezone = z.string().refine((name) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}, 'is no time zone; write one such as Europe/Berlin');

const TIERS = 'write 0, 1, 2 or 3 (0 and 1 are customer-facing)';

/** An address that people open or aire reads: everybody in the channel sees it, so nothing secret may stand in it. */
const pageAddress = z
  .string()
  .max(500, 'is longer than 500 characters')
  .refine((text) => {
    if (!/^https?:\/\/[^\s<>|]+$/.test(text) || text.includes('${') || !URL.canParse(text)) return false;
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'write an http or https address without user name, password or secrets, and without blanks, <, > or |');

const dashboards = z
  .record(z.string().trim().min(1).max(40, 'a dashboard has a name of 40 characters at most'), pageAddress)
  .refine((all) => Object.keys(all).length <= 8, 'name 8 dashboards at most, those to look at first');

const vendor = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9_]{0,39}$/,
      'use lower-case letters, digits and underscores, starting with a letter, 40 at most',
    ),
  status: pageAddress,
  /** How often its page is read while nothing is wrong; at a declaration it is read in any case. */
  every: z
    .union([z.literal('off'), duration], 'write a duration such as 2m, or off')
    .refine((every) => every === 'off' || (every >= MINUTE && every <= DAY), 'write 1m to 1d, or off')
    .default(2 * MINUTE),
  contact: z.string().trim().min(1).max(200).optional(),
});

/** Who runs what: the part of the service file that belongs to `services/`. */
export const serviceFields = {
  service: serviceName,
  tier: z.int(TIERS).min(0, TIERS).max(3, TIERS),
  timezone: timezone.default('UTC'),
  owners: z.strictObject({
    team: z.string().min(1, 'write the name of the team'),
    channel: z.string().optional(),
    sre: z.string().optional(),
    ml: z.string().optional(),
    product: z.string().optional(),
    security: z.string().optional(),
    leadership: z.string().optional(),
    pagerduty_service: z.string().optional(),
    escalation_policy: z.string().optional(),
  }),
  slos: z.record(z.string(), slo).default({}),
  slis: z
    .record(
      z.string(),
      z.strictObject({
        title: z.string().optional(),
        unit: z.string(),
        better: z.enum(['higher', 'lower']),
      }),
    )
    .default({}),
  dashboards: dashboards.default({}),
  vendors: z
    .array(vendor)
    .max(8, 'name 8 vendors at most')
    .refine(
      (all) => new Set(all.map((each) => each.name)).size === all.length,
      'two vendors have the same name',
    )
    .default([]),
};

const serviceIdentity = z.strictObject(serviceFields);

/** Who runs a service, how much it matters (tier 0–3, reference §D) and what was promised (SLOs). */
export type ServiceIdentity = z.output<typeof serviceIdentity>;
export type Slo = z.output<typeof slo>;
/** A provider the service rests on, with its Statuspage `status.json`. */
export type Vendor = z.output<typeof vendor>;

/** The services this installation knows, as they were when it started. */
export interface ServiceDirectory<Service> {
  get(id: string): Service | undefined;
  all(): readonly Service[];
}
