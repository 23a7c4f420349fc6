import { z } from 'zod';

/** The only variables that a YAML file may name. */
export const secretName = z
  .string()
  .regex(/^AIRE_SECRET_[A-Z0-9_]+$/, 'name a variable that starts with AIRE_SECRET_');
