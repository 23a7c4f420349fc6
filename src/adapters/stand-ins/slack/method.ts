import type { JsonObject } from './json.ts';
import type { Triggers } from './triggers.ts';
import type { Workspace } from './workspace.ts';

/** What a method works on. */
export interface MethodContext {
  readonly workspace: Workspace;
  readonly triggers: Triggers;
  /** Scopes of the bot token. */
  readonly scopes: ReadonlySet<string>;
}

/** One Web API method: the fields of its answer besides `ok`, or a thrown SlackRefusal. */
export interface Method {
  /** Any one of these is enough; none: no scope is needed (reference §1.7). */
  readonly scopes: readonly string[];
  run(args: JsonObject, context: MethodContext): JsonObject;
}

/** Methods by their names. */
export type Methods = Readonly<Record<string, Method>>;
