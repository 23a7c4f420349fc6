import { flag, requiredText } from './arguments.ts';
import type { JsonObject } from './json.ts';
import type { MethodContext, Methods } from './method.ts';
import { SlackRefusal } from './slack-refusal.ts';
import type { SlackUser, SlackUserGroup } from './slack-types.ts';
import { BOT } from './workspace.ts';

/** Who is who: the bot, people, user groups (reference §1.7). */
export const DIRECTORY_METHODS: Methods = {
  'auth.test': { scopes: [], run: authTest },
  'users.info': { scopes: ['users:read'], run: userInfo },
  'users.lookupByEmail': { scopes: ['users:read.email'], run: lookupByEmail },
  'usergroups.list': { scopes: ['usergroups:read'], run: listGroups },
  'usergroups.users.list': { scopes: ['usergroups:read'], run: listGroupUsers },
};

function authTest(_args: JsonObject, { workspace: { team } }: MethodContext): JsonObject {
  return {
    url: `https://${team.name}.slack.com/`,
    team: team.name,
    team_id: team.id,
    user: BOT.name,
    user_id: BOT.userId,
    bot_id: BOT.botId,
    is_enterprise_install: false,
  };
}

function userOnTheWire(user: SlackUser, { workspace, scopes }: MethodContext): JsonObject {
  const email = user.email !== undefined && scopes.has('users:read.email') ? { email: user.email } : {};
  const realName = user.realName ?? user.name;
  return {
    id: user.id,
    team_id: workspace.team.id,
    name: user.name,
    real_name: realName,
    deleted: false,
    tz: user.tz ?? 'UTC',
    is_bot: false,
    profile: { real_name: realName, display_name: user.name, ...email },
  };
}

function userInfo(args: JsonObject, context: MethodContext): JsonObject {
  const id = requiredText(args, 'user');
  const user = context.workspace.users.get(id);
  if (user !== undefined) return { user: userOnTheWire(user, context) };
  if (id !== BOT.userId) throw new SlackRefusal('user_not_found');
  return { user: { ...userOnTheWire({ id, name: BOT.name }, context), is_bot: true } };
}

function lookupByEmail(args: JsonObject, context: MethodContext): JsonObject {
  const email = requiredText(args, 'email').toLowerCase();
  const user = [...context.workspace.users.values()].find((one) => one.email?.toLowerCase() === email);
  if (user === undefined) throw new SlackRefusal('users_not_found');
  return { user: userOnTheWire(user, context) };
}

function listGroups(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const withUsers = flag(args, 'include_users');
  const onTheWire = (group: SlackUserGroup): JsonObject => ({
    id: group.id,
    team_id: workspace.team.id,
    is_usergroup: true,
    name: group.name,
    handle: group.handle,
    date_delete: 0,
    user_count: group.users.length,
    ...(withUsers ? { users: group.users } : {}),
  });
  return { usergroups: workspace.userGroups.map(onTheWire) };
}

function listGroupUsers(args: JsonObject, { workspace }: MethodContext): JsonObject {
  const id = requiredText(args, 'usergroup');
  const group = workspace.userGroups.find((one) => one.id === id);
  if (group === undefined) throw new SlackRefusal('no_such_subteam');
  return { users: group.users };
}
