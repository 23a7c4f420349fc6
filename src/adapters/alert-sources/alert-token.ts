import { bearerOf, holderOf, type TokenHolder } from '../../bearer-token.ts';
import { AppError } from '../../errors.ts';
import type { RawDelivery } from '../../signals/receive-delivery.ts';

/**
 * Who sent a delivery that is not signed: known by `Authorization: Bearer …`, or by the token in the address.
 *
 * @returns the sender's name.
 * @throws AppError `delivery_unauthenticated`, which never repeats what was given.
 */
export function senderByToken(senders: readonly TokenHolder[], delivery: RawDelivery): string {
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
  const sender = holderOf(senders, given);
  if (sender === undefined) {
    throw new AppError(
      'delivery_unauthenticated',
      'The token is none of AIRE_ALERT_TOKENS. Nothing was stored.',
    );
  }
  return sender.name;
}

function decoded(segment: string | undefined): string | undefined {
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
