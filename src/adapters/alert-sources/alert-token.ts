import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../errors.ts';
import type { RawDelivery } from '../../signals/receive-delivery.ts';

/** Somebody who may post alerts, with every token that is valid for them: two while one is being replaced. */
export interface TokenSender {
  readonly name: string;
  readonly secrets: readonly string[];
}

/**
 * Who sent a delivery that is not signed: known by `Authorization: Bearer …`, or by the token in the address.
 * Every token is compared, in constant time, so that the answer takes as long whichever was right.
 *
 * @returns the sender's name.
 * @throws AppError `delivery_unauthenticated`, which never repeats what was given.
 */
export function senderByToken(senders: readonly TokenSender[], delivery: RawDelivery): string {
  if (senders.length === 0) {
    throw new AppError(
      'delivery_unauthenticated',
      'Nobody may post alerts by token yet. Set AIRE_ALERT_TOKENS=name=token and restart aire.',
    );
  }
  const given = [bearerOf(delivery.headers.authorization), decoded(delivery.token)].filter(
    (token) => token !== undefined,
  );
  if (given.length === 0) {
    throw new AppError(
      'delivery_unauthenticated',
      'The token is missing. Send the header “Authorization: Bearer …” with one of AIRE_ALERT_TOKENS.',
    );
  }
  const digests = given.map(digest);
  const fitting = senders.filter(
    (sender) =>
      sender.secrets.filter((secret) => {
        const known = digest(secret);
        return digests.filter((each) => timingSafeEqual(each, known)).length > 0;
      }).length > 0,
  );
  const [sender] = fitting;
  if (sender === undefined) {
    throw new AppError(
      'delivery_unauthenticated',
      'The token is none of AIRE_ALERT_TOKENS. Nothing was stored.',
    );
  }
  return sender.name;
}

/** Of equal length, whatever the length of the token. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header?.trim() ?? '')?.[1];
}

function decoded(segment: string | undefined): string | undefined {
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
