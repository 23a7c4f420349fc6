import { createHmac } from 'node:crypto';
import { type Clock, MINUTE, SECOND } from '../../../time.ts';
import { type Answered, post } from '../http-exchange.ts';

/** Ways to deliver what the bot must refuse or see through. */
export interface DeliveryOverride {
  readonly wrongSignature?: boolean;
  /** Signed correctly, ten minutes ago; Slack's window is five. */
  readonly staleTimestamp?: boolean;
  /** As if another workspace had installed the app. */
  readonly teamId?: string;
  /** Delivers the same bytes twice, one after the other. */
  readonly replay?: boolean;
}

/** What the bot answered; status 0 when it did not. `replayed` is its answer to the second delivery. */
export interface BotAnswer extends Answered {
  readonly replayed?: Answered;
}

/** Slack's way to the bot: v0 signatures with wall time over the raw body (reference §1.4). */
export interface Delivery {
  /** Where the bot listens: its base address. */
  connect(botUrl: string): void;
  /** Commands and interactivity. */
  form(fields: Readonly<Record<string, string>>, override: DeliveryOverride): Promise<BotAnswer>;
  /** Events. */
  json(
    body: unknown,
    override: DeliveryOverride,
    headers: Readonly<Record<string, string>>,
  ): Promise<BotAnswer>;
}

export function createDelivery(signingSecret: string, wall: Clock): Delivery {
  let address: string | undefined;

  async function deliver(
    contentType: string,
    body: string,
    override: DeliveryOverride,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<BotAnswer> {
    if (address === undefined) throw new Error('No bot is connected: call connect(botUrl) first.');
    const age = override.staleTimestamp ? 10 * MINUTE : 0;
    const timestamp = String(Math.floor((wall.now().getTime() - age) / SECOND));
    const secret = override.wrongSignature ? 'a secret that nobody configured' : signingSecret;
    const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
    const headers = {
      ...extra,
      // Exactly so: Bolt refuses the type with a charset behind it (reference §0).
      'content-type': contentType,
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${digest}`,
    };
    const answered = await post(address, headers, body);
    return override.replay ? { ...answered, replayed: await post(address, headers, body) } : answered;
  }

  return {
    connect(botUrl) {
      address = new URL('/slack/events', botUrl).href;
    },
    form: (fields, override) =>
      deliver('application/x-www-form-urlencoded', new URLSearchParams(fields).toString(), override),
    json: (body, override, headers) => deliver('application/json', JSON.stringify(body), override, headers),
  };
}
