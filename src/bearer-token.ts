import { createHash, timingSafeEqual } from 'node:crypto';

/** Somebody who is known by a token; by several while one is being replaced. */
export interface TokenHolder {
  readonly name: string;
  readonly secrets: readonly string[];
}

/** The token of an `Authorization: Bearer …` header; undefined when there is none. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header?.trim() ?? '')?.[1];
}

/**
 * Whose token is among those `given`; undefined when nobody's is. Every token is compared, in constant time, so that
 * the answer takes as long whichever was right.
 */
export function holderOf(holders: readonly TokenHolder[], given: readonly string[]): TokenHolder | undefined {
  const digests = given.map(digest);
  return holders.filter(
    (holder) =>
      holder.secrets.filter((secret) => {
        const known = digest(secret);
        return digests.filter((each) => timingSafeEqual(each, known)).length > 0;
      }).length > 0,
  )[0];
}

/** Of equal length, whatever the length of the token. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
