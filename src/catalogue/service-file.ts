import { z } from 'zod';
import { mitigationFields } from '../mitigations/schema.ts';
import { reviewFields } from '../reviews/schema.ts';
import { runbookFields } from '../runbooks/schema.ts';
import { serviceFields } from '../services/schema.ts';
import { signalFields } from '../signals/schema.ts';
import { overrideFields } from '../triggers/overrides.ts';
import { triggerFields } from '../triggers/schema.ts';

/** The one service file, composed of every feature's fragment (design §8). Unknown keys are errors. */
export const serviceFile = z.strictObject({
  ...serviceFields,
  ...signalFields,
  ...triggerFields,
  ...overrideFields,
  ...runbookFields,
  ...mitigationFields,
  ...reviewFields,
});
export type ServiceFile = z.output<typeof serviceFile>;

/** The JSON schema of the service file, for editors: `runbooks/schema.json`. */
export function serviceFileJsonSchema(): unknown {
  return { title: 'aire service file', ...z.toJSONSchema(serviceFile, { io: 'input' }) };
}
