import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseJson } from '../../../json.ts';
import { createManualClock, type ManualClock, SECOND } from '../../../time.ts';
import { type Listening, listen, type Reply } from '../http-exchange.ts';
import { isObject, type JsonObject, objectAt } from './json.ts';
import { type SlackStandIn, startSlackStandIn } from './slack-stand-in.ts';
import { SILENT_LOGGER } from './test-builders.ts';

const TOKEN = 'xoxb-test';
const plain = (text: string) => ({ type: 'plain_text' as const, text });
const input = (block_id: string, element: JsonObject, more: JsonObject = {}) => ({
  type: 'input',
  block_id,
  label: plain(block_id),
  element: { action_id: 'value', ...element },
  ...more,
});
const OPTIONS = ['1', '2'].map((value) => ({ text: plain(`SEV${value}`), value }));
const FORM = {
  type: 'modal',
  callback_id: 'declare',
  title: plain('Declare'),
  submit: plain('Go'),
  private_metadata: 'C1',
  blocks: [
    input('title', { type: 'plain_text_input', max_length: 10 }),
    input('severity', { type: 'static_select', options: OPTIONS, initial_option: OPTIONS[1] }),
    input('lead', { type: 'users_select' }, { optional: true }),
    input('due', { type: 'datepicker' }, { optional: true }),
    input('scope', { type: 'radio_buttons', options: OPTIONS }, { optional: true }),
    {
      type: 'actions',
      block_id: 'more',
      elements: [
        { type: 'button', text: plain('Preview'), action_id: 'preview' },
        { type: 'static_select', action_id: 'kind', options: OPTIONS },
      ],
    },
  ],
};

let wall: ManualClock;
let slack: SlackStandIn;
let bot: Listening;
let client: WebClient;
let payloads: JsonObject[];
let answer: Reply;

beforeEach(async () => {
  wall = createManualClock(new Date());
  payloads = [];
  answer = { status: 200 };
  slack = await startSlackStandIn({
    clock: createManualClock(new Date('2026-11-21T10:00:00Z')),
    wallClock: wall,
    botToken: TOKEN,
    signingSecret: 'signing',
  });
  bot = await listen(({ body }) => {
    const payload = parseJson(new URLSearchParams(body.toString()).get('payload') ?? '');
    if (isObject(payload)) payloads.push(payload);
    return answer;
  });
  slack.connect(bot.url);
  client = new WebClient(TOKEN, {
    slackApiUrl: `${slack.url}/api/`,
    retryConfig: { retries: 0 },
    logger: SILENT_LOGGER,
  });
});

afterEach(async () => {
  await bot.close();
  await slack.close();
});

async function trigger(user = 'U0ANA'): Promise<string> {
  await slack.as(user).shortcut('declare');
  return String(payloads.at(-1)?.trigger_id);
}

async function open(view: JsonObject = FORM, trigger_id?: string): Promise<string> {
  const opened = await client.apiCall('views.open', { trigger_id: trigger_id ?? (await trigger()), view });
  return String(objectAt({ ...opened }, 'view').id);
}

/** `state.values` of the last submission. */
function submitted(): JsonObject {
  return objectAt(objectAt(objectAt(payloads.at(-1) ?? {}, 'view'), 'state'), 'values');
}

describe('triggers', () => {
  it('open one modal, for the one who acted', async () => {
    const trigger_id = await trigger('U0BEN');
    const id = await open(FORM, trigger_id);
    expect(slack.views()).toMatchObject([
      { id, user: 'U0BEN', callbackId: 'declare', privateMetadata: 'C1' },
    ]);
    await expect(open(FORM, trigger_id)).rejects.toThrow('exchanged_trigger_id');
    await expect(open(FORM, 'made-up')).rejects.toThrow('invalid_trigger_id');
    expect(slack.views()).toHaveLength(1);
  });

  it('live 3 seconds of wall time', async () => {
    const inTime = await trigger();
    const late = await trigger();
    wall.advance(3 * SECOND);
    await open(FORM, inTime);
    wall.advance(1);
    await expect(open(FORM, late)).rejects.toThrow('expired_trigger_id');
  });

  it('are not used up by a modal that breaks a limit', async () => {
    const trigger_id = await trigger();
    await expect(open({ ...FORM, title: plain('x'.repeat(25)) }, trigger_id)).rejects.toThrow(
      'invalid_arguments',
    );
    await open(FORM, trigger_id);
  });
});

describe('views.update', () => {
  it('changes an open modal by id, and by its hash only when that is the last one', async () => {
    const view_id = await open();
    const hash = slack.views()[0]?.hash ?? '';
    await client.apiCall('views.update', { view_id, hash, view: { ...FORM, title: plain('Ready') } });
    expect(slack.views()).toMatchObject([{ id: view_id, title: 'Ready' }]);
    await expect(client.apiCall('views.update', { view_id, hash, view: FORM })).rejects.toThrow(
      'hash_conflict',
    );
    await expect(client.apiCall('views.update', { view_id: 'V0', view: FORM })).rejects.toThrow('not_found');
  });

  it('finds a modal by its external id, which is unique', async () => {
    await open({ ...FORM, external_id: 'declare-1' });
    await client.apiCall('views.update', {
      external_id: 'declare-1',
      view: { ...FORM, title: plain('Ready') },
    });
    expect(slack.views()).toMatchObject([{ title: 'Ready' }]);
    await open({ ...FORM, external_id: 'x' });
    await expect(open({ ...FORM, external_id: 'x' })).rejects.toThrow('duplicate_external_id');
  });
});

describe('submit', () => {
  it('sends each field as its element does, with what was preselected', async () => {
    const id = await open();
    await slack.as('U0ANA').submit(id, {
      title: 'Answers',
      lead: { type: 'user', value: 'U0BEN' },
      due: { type: 'date', value: '2026-11-30' },
      scope: '1',
    });
    expect(payloads.at(-1)).toMatchObject({ type: 'view_submission', view: { id, private_metadata: 'C1' } });
    expect(payloads.at(-1)).not.toHaveProperty('channel');
    expect(submitted()).toEqual({
      title: { value: { type: 'plain_text_input', value: 'Answers' } },
      severity: { value: { type: 'static_select', selected_option: OPTIONS[1] } },
      lead: { value: { type: 'users_select', selected_user: 'U0BEN' } },
      due: { value: { type: 'datepicker', selected_date: '2026-11-30' } },
      scope: { value: { type: 'radio_buttons', selected_option: OPTIONS[0] } },
      more: { kind: { type: 'static_select', selected_option: null } },
    });
    expect(slack.views()).toEqual([]);
  });

  it.each([
    [{ title: 'x', nothing: 'y' }, 'no field in nothing'],
    [{ severity: '1' }, 'title is required'],
    [{ title: 'far too long a title' }, '0 to 10 characters'],
    [{ title: 'x', severity: '9' }, 'has no option 9'],
    [{ title: 'x', lead: 'U0NOBODY' }, 'no user U0NOBODY'],
    [{ title: 'x', due: 'tomorrow' }, 'takes a date'],
    [{ title: 'x', severity: { type: 'date' as const, value: '1' } }, 'not a field for date'],
  ])('does not let a person submit %j', async (values, why) => {
    const id = await open();
    const before = payloads.length;
    await expect(slack.as('U0ANA').submit(id, values)).rejects.toThrow(why);
    expect(payloads).toHaveLength(before);
  });

  it('is for the owner of the modal that is on top', async () => {
    const id = await open();
    await expect(slack.as('U0BEN').submit(id, { title: 'x' })).rejects.toThrow('no modal');
    await client.apiCall('views.push', { trigger_id: await trigger(), view: FORM });
    await expect(slack.as('U0ANA').submit(id, { title: 'x' })).rejects.toThrow('covers');
  });

  it('keeps the modal open on errors and on failures', async () => {
    const id = await open();
    answer = { status: 200, body: { response_action: 'errors', errors: { title: 'Too vague' } } };
    const refused = await slack.as('U0ANA').submit(id, { title: 'x' });
    expect(refused.body).toMatchObject({ errors: { title: 'Too vague' } });
    answer = { status: 500 };
    await slack.as('U0ANA').submit(id, { title: 'x' });
    expect(slack.views()).toHaveLength(1);
    answer = { status: 200, body: { response_action: 'errors', errors: { elsewhere: 'x' } } };
    await expect(slack.as('U0ANA').submit(id, { title: 'x' })).rejects.toThrow('no inputs');
  });

  it('updates, pushes up to three deep, and clears the stack', async () => {
    const ana = slack.as('U0ANA');
    const id = await open();
    answer = { status: 200, body: { response_action: 'update', view: { ...FORM, title: plain('Sure?') } } };
    await ana.submit(id, { title: 'x' });
    expect(slack.views()).toMatchObject([{ id, title: 'Sure?' }]);
    answer = { status: 200, body: { response_action: 'push', view: FORM } };
    await ana.submit(id, { title: 'x' });
    await ana.submit(slack.views().at(-1)?.id ?? '', { title: 'x' });
    const top = slack.views().at(-1)?.id ?? '';
    await expect(ana.submit(top, { title: 'x' })).rejects.toThrow('push_limit_reached');
    answer = { status: 200, body: { response_action: 'clear' } };
    await ana.submit(top, { title: 'x' });
    expect(slack.views()).toEqual([]);
  });

  it('shows the modal beneath when a pushed one closes', async () => {
    const ana = slack.as('U0ANA');
    const id = await open();
    answer = { status: 200, body: { response_action: 'push', view: FORM } };
    await ana.submit(id, { title: 'x' });
    const pushed = slack.views().at(-1);
    expect(pushed?.previousViewId).toBe(id);
    answer = { status: 200 };
    await ana.submit(pushed?.id ?? '', { title: 'x' });
    expect(slack.views()).toMatchObject([{ id }]);
  });

  it('refuses a new view that breaks a limit', async () => {
    const id = await open();
    answer = {
      status: 200,
      body: { response_action: 'update', view: { ...FORM, title: plain('x'.repeat(25)) } },
    };
    await expect(slack.as('U0ANA').submit(id, { title: 'x' })).rejects.toThrow('invalid_arguments');
  });
});

describe('acting in a modal', () => {
  it('carries the view and what is chosen in it', async () => {
    const id = await open();
    const ana = slack.as('U0ANA');
    await ana.clickInView({ viewId: id, actionId: 'preview' });
    expect(payloads.at(-1)).toMatchObject({
      type: 'block_actions',
      container: { type: 'view', view_id: id },
      view: { id, callback_id: 'declare' },
      actions: [{ type: 'button', action_id: 'preview' }],
    });
    await expect(ana.clickInView({ viewId: id, actionId: 'gone' })).rejects.toThrow(
      'There is no button gone',
    );
  });
});
