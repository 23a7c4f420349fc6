import { SECOND } from '../../../time.ts';
import type { JsonObject } from './json.ts';
import type { ChannelRecord, SlackUser } from './slack-types.ts';
import { BOT, type Workspace } from './workspace.ts';

/** What every interactivity payload says about who acted and where (reference §1.2). */
export function payloadBase(workspace: Workspace, user: SlackUser, teamId: string | undefined): JsonObject {
  const id = teamId ?? workspace.team.id;
  return {
    token: 'a-deprecated-verification-token',
    api_app_id: BOT.appId,
    team: { id, domain: workspace.team.name },
    user: { id: user.id, username: user.name, name: user.name, team_id: id },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** A channel as payloads and commands name it: never the name of a private one. */
export function channelInPayload(channel: ChannelRecord): { readonly id: string; readonly name: string } {
  const name = channel.isIm ? 'directmessage' : channel.isPrivate ? 'privategroup' : channel.name;
  return { id: channel.id, name };
}

/** The envelope of an Events API delivery (reference §1.3). */
export function eventEnvelope(
  workspace: Workspace,
  event: JsonObject,
  eventId: string,
  teamId: string | undefined,
): JsonObject {
  const team = teamId ?? workspace.team.id;
  const authorization = { enterprise_id: null, team_id: team, user_id: BOT.userId, is_bot: true };
  return {
    token: 'a-deprecated-verification-token',
    team_id: team,
    api_app_id: BOT.appId,
    event: { event_ts: workspace.nextTs(), ...event },
    type: 'event_callback',
    event_id: eventId,
    event_time: Math.floor(workspace.clock.now().getTime() / SECOND),
    authorizations: [{ ...authorization, is_enterprise_install: false }],
    is_ext_shared_channel: false,
  };
}
