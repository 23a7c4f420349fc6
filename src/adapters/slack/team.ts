import type { AnyMiddlewareArgs, Middleware } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { AppError } from '../../errors.ts';

/** The workspace this installation serves; asked of Slack once, and again until it answers. */
export function createTeam(client: WebClient): () => Promise<string | undefined> {
  let known: string | undefined;
  return async () => {
    try {
      known ??= (await client.auth.test()).team_id;
    } catch {
      // Slack is away: nobody can be let in that can't be told apart.
    }
    return known;
  };
}

/** Requests of other workspaces are answered, and change nothing. */
export function refuseOtherTeams(team: () => Promise<string | undefined>): Middleware<AnyMiddlewareArgs> {
  return async (args) => {
    const ours = await team();
    const theirs = teamOf(args.body);
    if (ours !== undefined && ours === theirs) {
      await args.next();
      return;
    }
    const why =
      ours === undefined
        ? 'aire could not ask Slack which workspace this is. Try again in a minute.'
        : 'This aire serves another workspace.';
    const field = firstField(args.body);
    if ('command' in args) await args.ack({ response_type: 'ephemeral', text: why });
    else if ('view' in args && field !== undefined)
      await args.ack({ response_action: 'errors', errors: { [field]: why } });
    // Slack shows that it failed, and the person tries again.
    else if (ours === undefined) throw new AppError('slack_failed', why);
    else if ('ack' in args && typeof args.ack === 'function') await args.ack();
  };
}

/** The first input of a form that was submitted: closing the form would lose what was typed. */
function firstField(body: unknown): string | undefined {
  return submission.safeParse(body).data?.view.blocks.find((block) => block.type === 'input')?.block_id;
}

const submission = z.object({
  type: z.literal('view_submission'),
  view: z.object({ blocks: z.array(z.object({ type: z.string(), block_id: z.string() })) }),
});

function teamOf(body: unknown): string | undefined {
  if (body === null || typeof body !== 'object') return undefined;
  if ('team' in body && body.team !== null && typeof body.team === 'object' && 'id' in body.team)
    return String(body.team.id);
  return 'team_id' in body && typeof body.team_id === 'string' ? body.team_id : undefined;
}
