import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { App, type Logger as BoltLogger, HTTPReceiver, LogLevel } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { messageOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Clock } from '../../time.ts';
import { listenForCommands } from './listeners/command-listener.ts';
import { listenForIncidents } from './listeners/incident-listeners.ts';
import { listenForGoldenCases, listenForMitigations } from './listeners/mitigation-listeners.ts';
import type { SlackDeps } from './ports.ts';
import { createTeam, refuseOtherTeams } from './team.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const TOLERANCE_SECONDS = 300;

export interface SlackAppOptions {
  readonly deps: SlackDeps;
  readonly client: WebClient;
  readonly botToken: string;
  /** Any of these may have signed: two while rotating. */
  readonly signingSecrets: readonly string[];
  readonly apiUrl?: string;
  readonly log: Logger;
  readonly wallClock: Clock;
}

/**
 * The Bolt app behind `POST /slack/events`. Listeners run a verb and answer within the request
 * (`processBeforeResponse`), so what Slack was told is stored; all else that is said goes through the outbox.
 */
export async function createSlackApp(options: SlackAppOptions): Promise<{ listener: RequestListener }> {
  const { deps, client, log } = options;
  const receivers = options.signingSecrets.map(
    (signingSecret) =>
      new HTTPReceiver({
        signingSecret,
        processBeforeResponse: true,
        bodyLimit: MAX_BYTES,
        logger: boltLogger(log),
        logLevel: LogLevel.WARN,
      }),
  );
  const [first] = receivers;
  if (first === undefined) throw new TypeError('a Slack app needs a signing secret');
  const app = new App({
    receiver: first,
    // Given, not asked for: a failed `auth.test` at start must not silence the bot.
    authorize: async () => ({ botToken: options.botToken }),
    convoStore: false,
    ignoreSelf: false,
    processBeforeResponse: true,
    logger: boltLogger(log),
    logLevel: LogLevel.WARN,
    ...(options.apiUrl === undefined ? {} : { clientOptions: { slackApiUrl: `${options.apiUrl}/api/` } }),
  });
  for (const receiver of receivers.slice(1)) receiver.init(app);
  app.error(async (error) => {
    log.error({ err: messageOf(error) }, 'a Slack request failed');
    // Rethrown, so that Slack gets no 200 for what was not done.
    throw error;
  });
  app.use(refuseOtherTeams(createTeam(client)));
  const listeners = { ...deps, app, client, log };
  listenForCommands(listeners);
  listenForIncidents(listeners);
  listenForMitigations(listeners);
  listenForGoldenCases(listeners);

  return {
    listener: (request, response) => {
      readBody(request)
        .then((body) => {
          if (body === undefined) {
            response.writeHead(413, { connection: 'close' }).end();
            return;
          }
          const index = signerOf(request, body, options);
          // Bolt takes a body that was read already; an unsigned request is for it to refuse.
          void (receivers[index] ?? first).requestListener(
            Object.assign(request, { rawBody: body }),
            response,
          );
        })
        .catch((error: unknown) => {
          log.warn({ err: messageOf(error) }, 'a Slack request could not be read');
          response.destroy();
        });
    },
  };
}

/** Which secret signed the request; the first when none did. Bolt accepts any future time, this does not. */
function signerOf(
  request: IncomingMessage,
  body: Buffer,
  { signingSecrets, wallClock }: SlackAppOptions,
): number {
  const timestamp = String(request.headers['x-slack-request-timestamp'] ?? '');
  const given = Buffer.from(String(request.headers['x-slack-signature'] ?? ''));
  if (Number(timestamp) - wallClock.now().getTime() / 1000 > TOLERANCE_SECONDS) {
    request.headers['x-slack-signature'] = 'v0=from-the-future';
    return 0;
  }
  return signingSecrets.findIndex((secret) => {
    const expected = Buffer.from(
      `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`,
    );
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function boltLogger(log: Logger): BoltLogger {
  const words = (parts: unknown[]): string => parts.map(String).join(' ');
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts) => log.warn({ said: words(parts) }, 'bolt'),
    error: (...parts) => log.error({ said: words(parts) }, 'bolt'),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  };
}
