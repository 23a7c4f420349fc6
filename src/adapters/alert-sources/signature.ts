import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../errors.ts';

/** How far the sender's clock may be off, in either direction. */
const TOLERANCE_SECONDS = 300;

/** A sender that signs with HMAC-SHA256 in hexadecimal. */
export interface SigningSender {
  /** As it writes itself. */
  readonly vendor: string;
  /** The variable with its secrets. */
  readonly variable: string;
  /** Several while one is being replaced. */
  readonly secrets: readonly string[];
}

/**
 * That one of the sender's secrets made this signature of these bytes.
 *
 * @throws AppError `delivery_unauthenticated`, which never repeats what was given.
 */
export function requireSignature(
  { vendor, variable, secrets }: SigningSender,
  signature: string | undefined,
  ...signed: readonly (string | Buffer)[]
): void {
  if (secrets.length === 0)
    throw new AppError(
      'delivery_unauthenticated',
      `Signed deliveries of ${vendor} are off. Set ${variable} and restart aire.`,
    );
  const given = Buffer.from(signature ?? '', 'hex');
  const fits = secrets.map((secret) => {
    const hmac = createHmac('sha256', secret);
    for (const part of signed) hmac.update(part);
    const expected = hmac.digest();
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!fits.includes(true))
    throw new AppError(
      'delivery_unauthenticated',
      signature === undefined
        ? `The signature of ${vendor} is missing. Give ${vendor} the secret that is in ${variable}.`
        : `The signature fits no ${variable}. Nothing was stored.`,
    );
}

/**
 * That a signed time, in unix seconds, is within five minutes of now. Asked after the signature, so that it always
 * means a clock or a replay.
 *
 * @throws AppError `delivery_stale`.
 */
export function requireRecent(unixSeconds: string, wallTime: Date): void {
  if (Math.abs(wallTime.getTime() / 1000 - Number(unixSeconds)) <= TOLERANCE_SECONDS) return;
  throw new AppError(
    'delivery_stale',
    "The signature is older than 5 minutes, or from the future. Check the sender's clock.",
  );
}
