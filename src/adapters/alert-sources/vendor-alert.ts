import { createHash } from 'node:crypto';
import { contentHash } from '../../ids.ts';
import type { ServiceIdentity } from '../../services/schema.ts';
import type { Refusal } from '../../signals/parse-signals.ts';
import type { Reading } from '../../signals/receive-delivery.ts';
import { routeAlert, type UnroutedAlert } from '../../signals/route-alert.ts';
import type { SignalSettings } from '../../signals/schema.ts';
import type { Alert } from '../../signals/signal.ts';
import { boundedLabels, clipped } from './labels.ts';

export type RoutedService = ServiceIdentity & SignalSettings;

/** Different reasons told in one message. */
const REASONS_TOLD = 5;
const URL_LIMIT = 2000;
const HOUR_TEXT = '2026-11-21T10'.length;

/** A vendor's alert in our words, before it is known whose it is. */
export interface VendorAlert
  extends UnroutedAlert,
    Pick<Alert, 'id' | 'key' | 'status' | 'at' | 'neverRecovers'> {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly value?: number | undefined;
  readonly threshold?: number | undefined;
  /** Where it leads; left out when it is no web address. */
  readonly url?: string | undefined;
  /** The vendor itself has nothing to go by: never trusted, whatever the rule says. */
  readonly hasNoData?: boolean;
}

/** What a delivery is known by beside its bytes: after the rules changed, a repeat of the same has to be read again. */
export function rulesOf(services: readonly RoutedService[]): string {
  return contentHash(services.map(({ service, sources }) => [service, sources] as const));
}

/** The key of a delivery that brings none of its own. */
export function deliveryIdOf(rules: string, known: Buffer | string): string {
  return createHash('sha256').update(rules).update(known).digest('hex');
}

/** The alert as a signal, or what to add so that somebody owns it. */
export function toSignal(alert: VendorAlert, services: readonly RoutedService[], now: Date): Alert | string {
  const title = clipped(alert.title);
  const route = routeAlert({ ...alert, title }, services);
  if (route.service === undefined) return route.whatToAdd;
  const url = webAddress(alert.url);
  const withoutValue = alert.hasNoData === true ? 'not_evaluable' : route.withoutValue;
  return {
    type: 'alert',
    id: alert.id,
    source: alert.from,
    service: route.service,
    at: alert.at > now ? now : alert.at,
    labels: boundedLabels(alert.labels, alert.annotations ?? {}),
    key: clipped(alert.key),
    status: alert.status,
    title,
    ...(url === undefined ? {} : { url }),
    ...(route.trigger === undefined ? {} : { trigger: route.trigger }),
    ...(withoutValue === undefined ? {} : { withoutValue }),
    ...(alert.value === undefined ? {} : { value: alert.value }),
    ...(alert.threshold === undefined ? {} : { threshold: alert.threshold }),
    ...(alert.neverRecovers === undefined ? {} : { neverRecovers: alert.neverRecovers }),
  };
}

/** A delivery of one alert. */
export function readAlert(alert: VendorAlert, services: readonly RoutedService[], now: Date): Reading {
  const taken = toSignal(alert, services, now);
  if (typeof taken !== 'string') {
    const note = 'Recorded. This sender never says when it is over; people resolve the incident.';
    return {
      kind: 'signals',
      signals: [taken],
      refused: [],
      ...(alert.neverRecovers === true ? { note } : {}),
    };
  }
  const refused: Refusal[] = [{ index: 0, id: alert.key, code: 'unknown_service', reason: taken }];
  return { kind: 'signals', signals: [], refused, report: reportOf(refused, rulesOf(services)) };
}

/** These senders show nobody our answer. Told again when other alerts are refused, or the rules changed. */
export function reportOf(refused: readonly Refusal[], rules: string): { key: string; reason: string } {
  const reasons = [...new Set(refused.map((each) => each.reason))].sort();
  const more = reasons.length - REASONS_TOLD;
  return {
    key: contentHash([rules, reasons]),
    reason: [...reasons.slice(0, REASONS_TOLD), ...(more > 0 ? [`And ${more} more like these.`] : [])].join(
      '\n',
    ),
  };
}

/**
 * The key of an alert whose sender never says that it is over: a new one each hour. One key for ever would stay with the
 * incident that had it first, and what comes after that would be silent; one for each notification would ask each time.
 */
export function hourlyKey(id: string, at: Date): string {
  return `${id}@${at.toISOString().slice(0, HOUR_TEXT)}`;
}

/** An http(s) address without user and password, or undefined. */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return /^https?:$/.test(url.protocol) && url.href.length <= URL_LIMIT ? url.href : undefined;
}
