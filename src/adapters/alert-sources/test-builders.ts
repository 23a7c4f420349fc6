import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { serviceFields } from '../../services/schema.ts';
import type { Reading, SignalSource } from '../../signals/receive-delivery.ts';
import { signalFields } from '../../signals/schema.ts';
import type { Signal } from '../../signals/signal.ts';
import { triggerFields } from '../../triggers/schema.ts';

export const NOW = new Date('2026-11-23T02:56:00Z');
export const TOKEN = 'token-0123456789';
export const SECRET = 'secret-0123456789';
export const SENDERS = [{ name: 'monitoring', secrets: [TOKEN] }];

const file = z.strictObject({ ...serviceFields, ...signalFields, ...triggerFields });

/** A directory with the one service `support-agent`, which has these sources and is watched by these labels. */
export function servicesWith(sources: z.input<typeof file>['sources'] = {}, slices: readonly string[] = []) {
  const service = file.parse({
    service: 'support-agent',
    tier: 1,
    owners: { team: 'ml' },
    sources,
    baseline: { slices: [...slices] },
  });
  return {
    get: (name: string) => [service].find((each) => each.service === name),
    all: () => [service],
  };
}

const at = (path: string): URL => new URL(`../../../test/fixtures/${path}`, import.meta.url);

/** The cases that are kept of a source. */
export const fixtureNames = (source: string): string[] =>
  readdirSync(at(source)).map((name) => name.replace(/\.json$/, ''));
export const fixture = (source: string, name: string): Record<string, unknown> =>
  z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(at(`${source}/${name}.json`), 'utf8')));

export const readBody = (source: SignalSource, body: unknown): Reading =>
  source.read(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), undefined, NOW);

/** The signals of a reading that has some. */
export function signalsOf(reading: Reading): readonly Signal[] {
  if (reading.kind !== 'signals') throw new Error(`no signals: ${JSON.stringify(reading)}`);
  return reading.signals;
}

/** The one signal of a reading. */
export function onlySignal(reading: Reading): Signal {
  const [signal, ...others] = signalsOf(reading);
  if (signal === undefined || others.length > 0)
    throw new Error(`not exactly one signal: ${JSON.stringify(reading)}`);
  return signal;
}

/** HMAC-SHA256 in hexadecimal, as these vendors sign. */
export const hexHmac = (secret: string, ...parts: readonly string[]): string =>
  createHmac('sha256', secret).update(parts.join('')).digest('hex');
