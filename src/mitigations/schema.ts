import { z } from 'zod';
import { CAUSES } from '../runbooks/schema.ts';
import { duration } from '../services/quantities.ts';
import { secretName } from '../services/secret-name.ts';

const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,59}$/, 'use lower-case letters, digits and underscores, starting with a letter');

/** Inserted text: `{{…}}` for values, `${AIRE_SECRET_…}` for secrets. */
const template = z.string().max(2000);
const body = z.record(z.string(), z.json());

/** One thing that can change the world, as the service file describes it (design §8). */
export const mitigationDefinition = z.strictObject({
  title: z.string().min(1).max(75),
  risk: z.enum(['low', 'high']),
  for: z.strictObject({ cause: z.array(z.enum(CAUSES)).min(1) }).optional(),
  side_effects: z.string().min(1).max(500),
  request: z.strictObject({
    method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
    url: template,
    headers: z.record(z.string(), template).default({}),
    body: body.default({}),
  }),
  secret: secretName,
  idempotency: z.enum(['header', 'converges', 'none']),
  /** Without it, a 2xx answer means done. */
  confirm: z.strictObject({ callback: z.strictObject({ timeout: duration }) }).optional(),
  verify: z.strictObject({
    recovers: z.literal('baseline').default('baseline'),
    sli: z.string().optional(),
    within: duration,
    consecutive: z.int().min(1).max(20).default(3),
  }),
  limits: z
    .strictObject({ per_incident: z.int().min(1).default(2), cooldown: duration.default(600_000) })
    .prefault({}),
});
export type MitigationDefinition = z.output<typeof mitigationDefinition>;

/** What may be done about a service and who decides: the part of the service file that belongs to `mitigations/`. */
export const mitigationFields = {
  approval: z
    .strictObject({
      approvers: z.array(z.string().min(1)).default([]),
      two_person: z.enum(['high_risk', 'always', 'never']).default('high_risk'),
      expires: duration.default(1_800_000),
    })
    .prefault({}),
  mitigations: z.record(identifier, mitigationDefinition).default({}),
};
const mitigationSettings = z.strictObject(mitigationFields);
export type MitigationSettings = z.output<typeof mitigationSettings>;
