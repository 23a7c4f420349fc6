import { z } from 'zod';

/** Where a service's review is posted: the part of the service file that belongs to `reviews/`. */
export const reviewFields = {
  review: z.strictObject({ channel: z.string().min(1) }).optional(),
};
