/** The bot scopes of slack-manifest.yaml, each with what it is for; `test/documents.test.ts` holds the two equal. */
export const BOT_SCOPES: Readonly<Record<string, string>> = {
  commands: '/aire and the shortcut',
  'chat:write': 'every message',
  'chat:write.public': 'the incidents channel, also before anybody has invited aire',
  'channels:manage': "an incident's channel, invitations and its topic",
  'channels:read': 'finding a channel by its name',
  'channels:history': "finding a message again when Slack's answer was lost",
  'channels:join': 'looking into a channel for that message',
  'groups:read': 'an incidents channel that is private',
  'groups:history': 'the messages of a private incidents channel',
  'pins:write': 'pinning the card',
  'users:read': 'names in postmortems',
  'users:read.email': 'owners and approvers written as e-mail addresses',
  'usergroups:read': 'approvers written as @group',
};
