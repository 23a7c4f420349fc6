import { afterEach, describe, expect, it } from 'vitest';
import { createPagerDuty } from '../../src/adapters/pagerduty/rest.ts';
import { listen, type Reply } from '../../src/adapters/stand-ins/http-exchange.ts';
import { type PagerDutyApi, startPagerDutyApi } from '../../src/adapters/stand-ins/pagerduty-api.ts';

const TOKEN = 'u+secretsecret';
const FROM = 'aire@example.com';
const PAGE = { key: 'aire-inc_1', service: 'PSVC1', title: 'SEV2 INC-1', details: 'It fell.' };
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function account(options: { token?: string; from?: string; timeout?: number } = {}) {
  const api: PagerDutyApi = await startPagerDutyApi({ token: TOKEN, users: [FROM], services: ['PSVC1'] });
  open.push(api);
  const pager = createPagerDuty({
    token: options.token ?? TOKEN,
    from: options.from ?? FROM,
    apiUrl: api.url,
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
  });
  return { api, pager };
}

/** A pager whose other side always gives one answer. */
async function against(reply: Reply) {
  const server = await listen(() => reply);
  open.push(server);
  return createPagerDuty({ token: TOKEN, from: FROM, apiUrl: server.url });
}

describe('a page', () => {
  it('is an incident of high urgency under its key, with the escalation policy of the service file', async () => {
    const { api, pager } = await account();
    expect(await pager.page({ ...PAGE, escalationPolicy: 'PESC1' })).toEqual({
      kind: 'ok',
      value: {
        id: 'PPAGE1',
        service: 'PSVC1',
        isResolved: false,
        url: 'https://aire.pagerduty.example/incidents/PPAGE1',
      },
    });
    expect(api.incidents()).toMatchObject([
      {
        key: 'aire-inc_1',
        urgency: 'high',
        details: 'It fell.',
        escalationPolicy: 'PESC1',
        status: 'triggered',
      },
    ]);
  });

  it('that is open already is found by its key', async () => {
    const { api, pager } = await account();
    const first = await pager.page(PAGE);
    expect(await pager.page(PAGE)).toEqual(first);
    expect(await pager.find(PAGE.key)).toEqual(first);
    expect(api.incidents()).toHaveLength(1);
    expect(await pager.find('aire-inc_other')).toEqual({ kind: 'ok', value: undefined });
  });

  it('is resolved, also when somebody was faster', async () => {
    const { api, pager } = await account();
    await pager.page(PAGE);
    for (let time = 0; time < 2; time++)
      expect(await pager.resolve('PPAGE1')).toEqual({ kind: 'ok', value: undefined });
    expect(api.requests().map(({ status }) => status)).toEqual([201, 200, 400]);
    expect(await pager.find(PAGE.key)).toMatchObject({ value: { isResolved: true } });
  });
});

describe('what PagerDuty answers decides what is done next', () => {
  const error = (status: number, code: number): Reply => ({
    status,
    body: { error: { message: `no, ${TOKEN}`, code, errors: [] } },
  });
  it.each([
    [401, 2006, 'refused'],
    [402, 2014, 'refused'],
    [403, 2010, 'refused'],
    [404, 2100, 'refused'],
    [408, 2000, 'ambiguous'],
    [500, 2000, 'ambiguous'],
    [503, 2000, 'ambiguous'],
  ] as const)('%s with code %s is %s, and its words hold no secret', async (status, code, kind) => {
    const answer = await (await against(error(status, code))).page(PAGE);
    expect(answer).toMatchObject({
      kind,
      reason: expect.stringContaining(`${status} (code ${code}): no, …`),
    });
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
  });

  it('a 400 of an incident that is not there is a refusal in its words', async () => {
    const { pager } = await account();
    expect(await pager.page({ ...PAGE, service: 'POTHER' })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('Service not found.'),
    });
  });

  it('a key that is wrong, and a From that is nobody, say which variable to mend', async () => {
    const wrong = await account({ token: 'another-token' });
    expect(await wrong.pager.page(PAGE)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('Check PAGERDUTY_API_TOKEN'),
    });
    const nobody = await account({ from: 'ghost@example.com' });
    expect(await nobody.pager.page(PAGE)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('PAGERDUTY_FROM must be'),
    });
    expect(wrong.api.incidents()).toEqual([]);
    expect(nobody.api.incidents()).toEqual([]);
  });

  it('429 says when to come again', async () => {
    const { api, pager } = await account();
    api.misbehave('rate_limited', 4);
    expect(await pager.page(PAGE)).toMatchObject({ kind: 'not_now', afterMs: 7000 });
    expect(api.incidents()).toEqual([]);
    const bare = await against({ status: 429, body: {} });
    expect(await bare.page(PAGE)).not.toHaveProperty('afterMs');
  });

  it('a proxy’s page, silence and a lost answer are ambiguous: the effect may be there', async () => {
    const { api, pager } = await account({ timeout: 100 });
    api.misbehave('html_502', 1);
    expect(await pager.page(PAGE)).toEqual({
      kind: 'ambiguous',
      reason: 'PagerDuty answered 502 without JSON.',
    });
    api.misbehave('hang', 1);
    expect(await pager.page(PAGE)).toMatchObject({ kind: 'ambiguous' });
    expect(api.incidents()).toEqual([]);
    api.misbehave('drop_after_effect', 1);
    expect(await pager.page(PAGE)).toMatchObject({ kind: 'ambiguous' });
    expect(await pager.find(PAGE.key)).toMatchObject({ kind: 'ok', value: { id: 'PPAGE1' } });
  });

  it('a server that is not there was not asked', async () => {
    const { api, pager } = await account();
    await api.close();
    expect(await pager.page(PAGE)).toMatchObject({ kind: 'not_now' });
  });

  it('201 without an incident is looked into before it is sent again', async () => {
    expect(await (await against({ status: 201, body: {} })).page(PAGE)).toMatchObject({ kind: 'ambiguous' });
    expect(await (await against({ status: 201, body: '<html>' })).page(PAGE)).toMatchObject({
      kind: 'ambiguous',
    });
  });
});
