import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Config, loadConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { signWebhook } from '../standard-webhooks.ts';
import { SECOND, systemClock } from '../time.ts';

/** How long the bot may take to answer one request. */
const PATIENCE = 5 * SECOND;

/** `aire ping <service>`: a test signal to the running bot. @throws AppError that says why it did not arrive. */
export async function ping(service: string, write: (line: string) => void): Promise<void> {
  write(await sendTestSignal(loadConfig(), service));
}

/**
 * Sends a signed test signal as the first sender of `AIRE_SIGNAL_SECRETS`; it declares nothing and is no measurement.
 *
 * @returns what happened, in a sentence.
 * @throws AppError `config_invalid` without a sender, `not_found` when no bot answers or it does not know the service.
 */
export async function sendTestSignal(config: Config, service: string): Promise<string> {
  const [sender] = config.signalSenders;
  const secret = sender?.secrets[0];
  if (sender === undefined || secret === undefined)
    throw new AppError(
      'config_invalid',
      'Nobody may send signals yet. Set AIRE_SIGNAL_SECRETS=name=whsec_… (make one with: echo whsec_$(openssl rand -base64 32)) and restart aire.',
    );
  const address = await findBot(config);
  const at = systemClock.now();
  const id = `aire-ping-${randomUUID()}`;
  const body = JSON.stringify({ signals: [{ type: 'test', id, service, at: at.toISOString() }] });
  const response = await fetch(`${address}/webhooks/signals`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signWebhook({ secret, id, at, body }) },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(PATIENCE),
  }).catch((cause: unknown) => {
    throw new AppError(
      'not_found',
      `The aire at ${address} did not take the test signal. Look into its log.`,
      {
        cause,
      },
    );
  });
  const said = answer.safeParse(parseJson(Buffer.from(await response.arrayBuffer()))).data;
  if (response.ok && said?.accepted === 1)
    return `The test signal for ${service} arrived at ${address}, signed as ${sender.name}. aire says so in the incidents channel.`;
  const [refusal] = said?.refused ?? [];
  const why = refusal?.reason ?? said?.error ?? `it answered ${response.status}`;
  const hint = refusal?.code === 'unknown_service' ? ' aire reads service files at start: restart it.' : '';
  throw new AppError('not_found', `The aire at ${address} refused the test signal: ${why}.${hint}`);
}

const answer = z.object({
  accepted: z.number().optional(),
  refused: z.array(z.object({ code: z.string(), reason: z.string() })).optional(),
  error: z.string().optional(),
});

/** Where a bot answers: as others reach it, else on this machine. */
async function findBot({ http }: Config): Promise<string> {
  const addresses = [
    ...(http.publicUrl === undefined ? [] : [http.publicUrl]),
    `http://127.0.0.1:${http.port}`,
  ];
  for (const address of addresses) {
    const response = await fetch(`${address}/readyz`, { signal: AbortSignal.timeout(PATIENCE) }).catch(
      () => undefined,
    );
    const body: unknown = await response?.json().catch(() => undefined);
    if (ready.safeParse(body).success) return address;
  }
  throw new AppError('not_found', `No aire is ready at ${addresses.join(' or ')}. Start it with: aire start`);
}

const ready = z.object({ status: z.literal('ready') });
