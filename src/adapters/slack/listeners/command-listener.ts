import type { RespondArguments, SlashCommand } from '@slack/bolt';
import { AppError, isAppError, messageOf } from '../../../errors.ts';
import { changePhase } from '../../../incidents/change-phase.ts';
import { type Incident, incidentName } from '../../../incidents/incident.ts';
import { postReview } from '../../../reviews/hold-review.ts';
import { channelKey } from '../jobs/incident-jobs.ts';
import { announcement } from '../messages/announcement.ts';
import { answer, helpMessage, incidentList, timelineTail } from '../messages/answers.ts';
import { escapeMrkdwn, type SlackMessage } from '../messages/blocks.ts';
import { type Command, parseCommand } from './command-grammar.ts';
import { openDeclareForm } from './incident-listeners.ts';
import type { ListenerDeps } from './respond.ts';
import { answerServices } from './services-command.ts';

const LISTED = 20;

/** `/aire`: every answer goes to the person who asked, and says what to do next. */
export function listenForCommands(deps: ListenerDeps): void {
  deps.app.command('/aire', async ({ command, ack }) => {
    let message: SlackMessage | undefined;
    try {
      message = await run(deps, parseCommand(command.text), command);
    } catch (error) {
      message = answer(
        escapeMrkdwn(
          isAppError(error)
            ? error.message
            : 'aire could not do that, and nothing was changed. Try again in a minute; its log says why.',
        ),
      );
      if (!isAppError(error)) deps.log.error({ err: messageOf(error) }, 'a command failed');
    }
    if (message === undefined) await ack();
    else
      await ack({
        response_type: 'ephemeral',
        text: message.text,
        blocks: [...message.blocks],
      } satisfies RespondArguments);
  });
}

async function run(
  deps: ListenerDeps,
  command: Command,
  from: SlashCommand,
): Promise<SlackMessage | undefined> {
  const here = await deps.messages.incidentOfChannel(from.channel_id);
  switch (command.name) {
    case 'help':
      return helpMessage(here !== undefined);
    case 'declare':
      await openDeclareForm(deps, from.trigger_id, command.title);
      return undefined;
    case 'list': {
      const open = await deps.store.listOpen(LISTED);
      return incidentList(open, await channelsOf(deps, open));
    }
    case 'show': {
      const incident = await incidentMeant(deps, command.number, here, 'show');
      const channel = (await deps.messages.find(channelKey(incident.id)))?.channel;
      const shown = announcement(incident, channel);
      return {
        text: shown.text,
        blocks: [...shown.blocks, ...timelineTail(await deps.store.timeline(incident.id))],
      };
    }
    case 'resolve': {
      const incident = await incidentMeant(deps, command.number, here, 'resolve');
      await changePhase(deps, {
        incidentId: incident.id,
        by: from.user_id,
        event: { type: 'resolve' },
        ...(command.summary === '' ? {} : { summary: command.summary }),
      });
      return answer(
        `${incidentName(incident)} is resolved. Its postmortem is being drafted; the card in its channel has the follow-up.`,
      );
    }
    case 'review':
      await deps.store.enqueue(postReview(`now:${from.trigger_id}`, deps.clock.now()));
      return answer(`The weekly review so far is being posted in #${escapeMrkdwn(deps.channels.review)}.`);
    case 'services':
      return answerServices(deps, command.service);
    case 'unknown': {
      const help = helpMessage(here !== undefined);
      const sorry = answer(
        `I don't know \`${escapeMrkdwn(command.text.replaceAll('`', ''))}\`. This is what I know:`,
      );
      return { text: sorry.text, blocks: [...sorry.blocks, ...help.blocks] };
    }
  }
}

/** The incident by number, else the one whose channel this is, else a refusal that names what there is. */
async function incidentMeant(
  deps: ListenerDeps,
  number: number | undefined,
  here: string | undefined,
  verb: 'show' | 'resolve',
): Promise<Incident> {
  if (number !== undefined) {
    const incident = await deps.store.incidentByNumber(number);
    if (incident === undefined)
      throw new AppError('not_found', `There is no INC-${number}. /aire incident list shows what is open.`);
    return incident;
  }
  const incident = here === undefined ? undefined : await deps.store.incident(here);
  if (incident !== undefined) return incident;
  const open = await deps.store.listOpen(5);
  const which =
    open.length === 0
      ? 'No incident is open.'
      : `Open: ${open.map((each) => `${incidentName(each)} (${each.service})`).join(', ')}.`;
  throw new AppError(
    'not_allowed_now',
    `This is no incident channel, so say which one: /aire incident ${verb} <number>. ${which}`,
  );
}

async function channelsOf(
  deps: ListenerDeps,
  incidents: readonly Incident[],
): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(
    incidents.map(async (incident): Promise<[string, string] | undefined> => {
      const place = await deps.messages.find(channelKey(incident.id));
      return place === undefined ? undefined : [incident.id, place.channel];
    }),
  );
  return new Map(found.filter((each) => each !== undefined));
}
