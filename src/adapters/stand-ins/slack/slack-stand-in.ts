import { parseJson } from '../../../json.ts';
import { type Clock, systemClock } from '../../../time.ts';
import { listen, type Received, type Reply } from '../http-exchange.ts';
import { type BotAnswer, createDelivery, type DeliveryOverride } from './delivery.ts';
import { createFaults, type SlackFault } from './faults.ts';
import { type JsonObject, textAt } from './json.ts';
import type { MethodContext } from './method.ts';
import { DEFAULT_SCOPES, METHODS } from './methods.ts';
import { eventEnvelope } from './payload.ts';
import { createPerson, type Person } from './people.ts';
import { type Renderable, renderMessage } from './render.ts';
import { createResponseUrls } from './response-urls.ts';
import type {
  ChannelRecord,
  SlackCall,
  SlackChannel,
  SlackChannelSeed,
  SlackEphemeral,
  SlackMessage,
  SlackTeam,
  SlackUser,
  SlackUserGroup,
  SlackView,
  ViewRecord,
} from './slack-types.ts';
import { createTriggers } from './triggers.ts';
import { createWebApi, faultReply } from './web-api.ts';
import { createWorkspace, findChannel, titleOf } from './workspace.ts';

export interface SlackStandInOptions {
  /** Domain time: what message times are taken from. */
  readonly clock: Clock;
  readonly botToken: string;
  readonly signingSecret: string;
  readonly team?: SlackTeam;
  readonly users?: readonly SlackUser[];
  readonly userGroups?: readonly SlackUserGroup[];
  /** Default: public `general` and `incidents`, everybody in them but not the bot. */
  readonly channels?: readonly SlackChannelSeed[];
  /** Of the bot token; calls beyond them get `missing_scope`. Default: what the manifest asks for. */
  readonly scopes?: readonly string[];
  /** Wall time: signatures, the life of triggers and response URLs. Only tests of those replace it. */
  readonly wallClock?: Clock;
}

/** A Slack workspace on this machine: give `<url>/api/` to the bot as its Slack address. */
export interface SlackStandIn {
  readonly url: string;
  channels(): readonly SlackChannel[];
  /** @throws Error when there is no such channel. */
  channel(nameOrId: string): SlackChannel;
  /** The last message that fits. @throws Error when none does. */
  message(nameOrId: string, predicate: (message: SlackMessage) => boolean): SlackMessage;
  ephemerals(): readonly SlackEphemeral[];
  views(): readonly SlackView[];
  calls(method?: string): readonly SlackCall[];
  /** Calls of methods the stand-in does not know: assert that there are none. */
  unexpectedCalls(): readonly SlackCall[];
  /** Where people's actions go: the bot's base address. */
  connect(botUrl: string): void;
  as(userId: string): Person;
  /** Delivers an Events API event; the same `eventId` again is a repeated delivery. */
  sendEvent(
    event: JsonObject,
    options?: DeliveryOverride & { readonly eventId?: string; readonly retryNum?: number },
  ): Promise<BotAnswer & { readonly eventId: string }>;
  /** The next `times` (default 1) calls of a method fail so; `*` is any, `response_url` the response URLs. */
  misbehave(method: string, fault: SlackFault, times?: number): void;
  /** While down, everything is refused with 503. */
  down(isDown: boolean): void;
  /** A message or its blocks as text for a terminal, with people's names. */
  render(message: Renderable): string;
  close(): Promise<void>;
}

const DEFAULT_USERS: readonly SlackUser[] = [
  { id: 'U0ANA', name: 'ana', realName: 'Ana Ruiz', email: 'ana@example.com', tz: 'Europe/Berlin' },
  { id: 'U0BEN', name: 'ben', realName: 'Ben Okafor', email: 'ben@example.com', tz: 'America/New_York' },
  { id: 'U0CHI', name: 'chi', realName: 'Chi Nguyen', email: 'chi@example.com', tz: 'Asia/Ho_Chi_Minh' },
];

/** Starts a workspace on 127.0.0.1 with a port of its own. */
export async function startSlackStandIn(options: SlackStandInOptions): Promise<SlackStandIn> {
  const wall = options.wallClock ?? systemClock;
  const workspace = createWorkspace({
    clock: options.clock,
    team: options.team ?? { id: 'T0AIRE', name: 'aire-demo' },
    users: options.users ?? DEFAULT_USERS,
    userGroups: options.userGroups ?? [],
    channels: options.channels ?? [{ name: 'general' }, { name: 'incidents' }],
  });
  const triggers = createTriggers(wall, workspace.nextId, workspace.team.id);
  const responseUrls = createResponseUrls(workspace, wall, () => server.url);
  const delivery = createDelivery(options.signingSecret, wall);
  const context: MethodContext = { workspace, triggers, scopes: new Set(options.scopes ?? DEFAULT_SCOPES) };
  const faults = createFaults();
  const calls: SlackCall[] = [];
  let isDown = false;
  const webApi = createWebApi({ context, botToken: options.botToken, faults, isDown: () => isDown, calls });

  function respond(id: string, body: string): Reply {
    const parsed = parseJson(body);
    const args = typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
    const note = (outcome: string) =>
      calls.push({ method: 'response_url', args, at: options.clock.now(), outcome });
    if (isDown) {
      note('down');
      return { status: 503, body: 'service unavailable' };
    }
    const fault = faults.take('response_url');
    if (fault !== undefined && fault !== 'accept_then_drop') {
      note(fault);
      return faultReply(fault);
    }
    const reply = responseUrls.receive(id, body);
    note(fault ?? (typeof reply !== 'string' && reply.status === 200 ? 'ok' : 'refused'));
    return fault === undefined ? reply : 'drop';
  }

  function receive(request: Received): Reply {
    const [, area, name = ''] = request.path.split('/');
    if (request.method === 'POST' && area === 'api') return webApi(name, request);
    if (request.method === 'POST' && area === 'response') return respond(name, request.body.toString('utf8'));
    return { status: 404, body: 'not found' };
  }

  const server = await listen(receive);

  function channel(nameOrId: string): SlackChannel {
    const found = findChannel(workspace, nameOrId);
    if (found !== undefined) return channelSnapshot(found);
    const names = [...workspace.channels.values()].map((one) => one.name || one.id).join(', ');
    throw new Error(`There is no channel ${nameOrId}. There is: ${names}.`);
  }

  return {
    url: server.url,
    close: server.close,
    channels: () => [...workspace.channels.values()].map(channelSnapshot),
    channel,
    message(nameOrId, predicate) {
      const { messages } = channel(nameOrId);
      const found = messages.findLast(predicate);
      if (found !== undefined) return found;
      const texts = messages.map((message) => `- ${message.text}`).join('\n');
      throw new Error(`No message in ${nameOrId} fits. There is:\n${texts || 'none'}`);
    },
    ephemerals: () => structuredClone(workspace.ephemerals),
    views: () => [...workspace.views.values()].map(viewSnapshot),
    calls: (method) => calls.filter((call) => method === undefined || call.method === method),
    unexpectedCalls: () =>
      calls.filter((call) => call.method !== 'response_url' && !METHODS.has(call.method)),
    connect: delivery.connect,
    as: (userId) => createPerson({ workspace, triggers, responseUrls, delivery }, userId),
    async sendEvent(event, sent = {}) {
      const eventId = sent.eventId ?? workspace.nextId('Ev');
      const retry = { 'x-slack-retry-num': String(sent.retryNum), 'x-slack-retry-reason': 'http_timeout' };
      const envelope = eventEnvelope(workspace, event, eventId, sent.teamId);
      const answered = await delivery.json(envelope, sent, sent.retryNum === undefined ? {} : retry);
      return { ...answered, eventId };
    },
    misbehave: (method, fault, times = 1) => faults.add(method, fault, times),
    down(down) {
      isDown = down;
    },
    render: (message) =>
      renderMessage(message, (id) => workspace.users.get(id)?.name ?? workspace.channels.get(id)?.name),
  };
}

/** A copy, so that what a test looked at does not change under it. */
function channelSnapshot(channel: ChannelRecord): SlackChannel {
  return structuredClone({ ...channel, members: [...channel.members] });
}

function viewSnapshot({ id, user, content, hash, previousViewId }: ViewRecord): SlackView {
  return {
    id,
    user,
    callbackId: textAt(content, 'callback_id') ?? '',
    title: titleOf(content),
    privateMetadata: textAt(content, 'private_metadata') ?? '',
    blocks: Array.isArray(content.blocks) ? structuredClone(content.blocks) : [],
    hash,
    previousViewId,
  };
}
