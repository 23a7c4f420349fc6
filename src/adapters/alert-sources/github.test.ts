import { describe, expect, it } from 'vitest';
import { githubSource } from './github.ts';
import { fixture, hexHmac, NOW, onlySignal, readBody, SECRET, servicesWith } from './test-builders.ts';

const rule = (match: Record<string, string>) => ({ from: 'github' as const, match, what: 'deploy' as const });
const sourceWith = (...changes: ReturnType<typeof rule>[]) =>
  githubSource({ secrets: [SECRET], services: servicesWith({ changes }) });
const production = sourceWith(rule({ repository: 'acme/agent', environment: 'production' }));

/** The fixture of a deployment with other words in it. */
const deployment = (changes: Record<string, string>) =>
  Object.entries(changes).reduce(
    (body, [from, to]) => body.replaceAll(`"${from}"`, `"${to}"`),
    JSON.stringify(fixture('github', 'deployment')),
  );

describe('a deployment', () => {
  it('that succeeded is a change, with what runs now and who did it; what ran before is not known', () => {
    const signal = onlySignal(readBody(production, fixture('github', 'deployment')));
    expect(signal).toEqual({
      type: 'change',
      id: 'deployment_status:987654321:support-agent',
      source: 'github',
      service: 'support-agent',
      at: new Date('2026-11-23T02:31:00Z'),
      labels: {
        repository: 'acme/agent',
        environment: 'production',
        ref: 'main',
        sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
      },
      what: 'deploy',
      to: '6dcb09b5b578',
      by: 'ana',
      url: 'https://github.com/acme/agent/actions/runs/77/job/88',
    });
  });

  it.each([
    ['v42', 'v42'],
    ['refs/tags/1.2.3', '1.2.3'],
    ['release/1.2', '6dcb09b5b578'],
  ])('of %s runs %s', (ref, to) => {
    expect(onlySignal(readBody(production, deployment({ main: ref })))).toMatchObject({ to });
  });

  it.each(['in_progress', 'failure', 'inactive'])('that is %s is nothing yet', (state) => {
    expect(readBody(production, deployment({ success: state }))).toEqual({
      kind: 'nothing',
      why: `a deployment is recorded when it has succeeded; this one is ${state}`,
    });
  });

  it('of nobody is answered with the rule to add, and is no dead letter', () => {
    expect(readBody(production, deployment({ production: 'staging' }))).toEqual({
      kind: 'nothing',
      why: 'No service file claims the deployment of acme/agent to staging, so it is not recorded. If it moves a service, add to its file:  sources: { changes: [ { from: github, match: { repository: "acme/agent", environment: "staging" }, what: deploy } ] }',
    });
  });
});

describe('a release', () => {
  it('that was published is a change to its tag', () => {
    const source = sourceWith(rule({ repository: 'acme/*', event: 'release' }));
    expect(onlySignal(readBody(source, fixture('github', 'release')))).toMatchObject({
      id: 'release:555:support-agent',
      at: new Date('2026-11-23T02:30:00Z'),
      what: 'deploy',
      to: 'v42',
      by: 'ana',
      url: 'https://github.com/acme/agent/releases/tag/v42',
    });
    expect(readBody(source, { ...fixture('github', 'release'), action: 'edited' })).toMatchObject({
      kind: 'nothing',
    });
  });

  it('has no environment, so a rule for one does not take it', () => {
    expect(readBody(production, fixture('github', 'release'))).toMatchObject({
      kind: 'nothing',
      why: expect.stringContaining('release v42'),
    });
  });
});

it("an event in a form, GitHub's default content type, is the same event", () => {
  const body = JSON.stringify(fixture('github', 'deployment'));
  const form = new URLSearchParams({ payload: body }).toString();
  expect(readBody(production, form)).toEqual(readBody(production, body));
});

it.each([
  ['a ping', fixture('github', 'ping'), 'pong'],
  ['an event that is not used', fixture('github', 'push'), 'only deployment statuses'],
])('%s is answered', (_what, body, why) => {
  expect(readBody(production, body)).toEqual({ kind: 'nothing', why: expect.stringContaining(why) });
});

it.each([
  ['no JSON', 'payload=%7B', 'no event of GitHub'],
  ['half a deployment', { deployment_status: { id: 1 } }, 'deployment_status'],
  ['half a release', { release: {} }, 'release'],
])('%s is unusable', (_what, body, reason) => {
  expect(readBody(production, body)).toEqual({ kind: 'unusable', reason: expect.stringContaining(reason) });
});

describe('a delivery', () => {
  const body = Buffer.from('{"a":1}');
  const signature = `sha256=${hexHmac(SECRET, '{"a":1}')}`;
  const id = (headers: Record<string, string>, source = production) =>
    source.authenticate({ headers, body }, NOW).deliveryId;

  it('is known by its id, until the rules change: then Redeliver is read again', () => {
    const headers = { 'x-hub-signature-256': signature, 'x-github-delivery': '72d3162e' };
    expect(id(headers)).toBe(id(headers));
    expect(id(headers)).not.toBe(id({ ...headers, 'x-github-delivery': '72d3162f' }));
    expect(id(headers)).not.toBe(id(headers, sourceWith(rule({ repository: '*' }))));
  });

  it.each([
    ['a wrong signature', { 'x-hub-signature-256': `sha256=${hexHmac('x', '{"a":1}')}` }, 'fits no'],
    [
      'the signature of another body',
      { 'x-hub-signature-256': `sha256=${hexHmac(SECRET, '{}')}` },
      'fits no',
    ],
    ['none', {}, 'is missing. Give GitHub the secret'],
  ])('with %s is refused', (_what, headers, message) => {
    expect(() => id(headers)).toThrow(message);
  });
});
