import { z } from 'zod';
import { parseDuration, SECOND } from '../time.ts';

/** A share as `95%` or `0.95`, read as a fraction 0–1. */
export const share = z
  .union([z.number().min(0).max(1), z.string().regex(/^\d+(\.\d+)?%$/, 'write a share as 95% or 0.95')])
  .transform((value) => (typeof value === 'number' ? value : Number(value.slice(0, -1)) / 100))
  .refine((value) => value <= 1, 'a share is at most 100%');

/** Percentage points as `5pp`, read as a fraction (`0.05`). */
export const points = z
  .string()
  .regex(/^\d+(\.\d+)?pp$/, 'write percentage points as 5pp')
  .transform((value) => Number(value.slice(0, -2)) / 100);

/** A duration as `90s`, `10m`, `1h30m` or `7d`, read as milliseconds. */
export const duration = z
  .string()
  .regex(/^(\d+(\.\d+)?[smhd])+$/, 'write a duration as 90s, 10m, 1h30m or 7d')
  .transform((value) => parseDuration(value) ?? 0);

/** What an SLI is compared with: a share (`95%`), a duration (`5s`, read as seconds) or a plain number. */
export const quantity = z
  .union([z.number(), z.string().regex(/^\d+(\.\d+)?(%|[smhd])$/, 'write 95%, 5s or a plain number')])
  .transform((value) => {
    if (typeof value === 'number') return value;
    if (value.endsWith('%')) return Number(value.slice(0, -1)) / 100;
    return (parseDuration(value) ?? 0) / SECOND;
  });
