import { ANNOTATION_METHODS } from './annotation-methods.ts';
import { CHAT_METHODS } from './chat-methods.ts';
import { CONVERSATION_METHODS } from './conversation-methods.ts';
import { DIRECTORY_METHODS } from './directory-methods.ts';
import { HISTORY_METHODS } from './history-methods.ts';
import type { Method } from './method.ts';
import { VIEW_METHODS } from './view-methods.ts';

/** Every Web API method the stand-in knows. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    ...ANNOTATION_METHODS,
    ...CHAT_METHODS,
    ...CONVERSATION_METHODS,
    ...DIRECTORY_METHODS,
    ...HISTORY_METHODS,
    ...VIEW_METHODS,
  }),
);

/** The scopes the product asks for (reference §1.7). */
export const DEFAULT_SCOPES: readonly string[] = [
  ...['commands', 'chat:write', 'chat:write.public'],
  ...['channels:manage', 'channels:read', 'channels:join', 'channels:history'],
  ...['groups:write', 'groups:read', 'groups:history', 'im:write'],
  ...['users:read', 'users:read.email', 'usergroups:read'],
  ...['bookmarks:write', 'pins:write', 'reactions:write'],
];
