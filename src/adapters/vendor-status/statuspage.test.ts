import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStatuspageReader, parseStatuspage } from './statuspage.ts';

const page = { id: 'p1', name: 'Acme', url: 'https://status.acme.example', time_zone: 'Etc/UTC' };
const bodyOf = (status: unknown, of: unknown = page): string => JSON.stringify({ page: of, status });
const NEVER = new AbortController().signal;

describe('a status.json', () => {
  it.each(['none', 'minor', 'major', 'critical', 'maintenance'])('says %s', (indicator) => {
    expect(parseStatuspage(bodyOf({ indicator, description: 'Partial System Outage' }))).toEqual({
      kind: 'read',
      indicator,
      description: 'Partial System Outage',
      url: 'https://status.acme.example',
    });
  });

  it('is read without a page, or with an address that is none', () => {
    const status = { indicator: 'none', description: 'All Systems Operational' };
    for (const of of [
      null,
      [],
      'x',
      {},
      { url: 7 },
      { url: 'javascript:alert(1)' },
      { url: 'https://a:b@x' },
    ])
      expect(parseStatuspage(bodyOf(status, of))).toEqual({
        kind: 'read',
        indicator: 'none',
        description: 'All Systems Operational',
      });
  });

  it('keeps one line of bounded length of what a page says', () => {
    const read = parseStatuspage(bodyOf({ indicator: 'minor', description: `a\n\nb ${'c'.repeat(9000)}` }));
    expect(read).toMatchObject({ description: `a b ${'c'.repeat(296)}` });
  });

  it.each([
    ['nothing', '', 'no JSON'],
    ['HTML', '<!doctype html><p>All Systems Operational', 'no JSON'],
    ['half a body', bodyOf({ indicator: 'none' }).slice(0, -5), 'no JSON'],
    ['an array', '[{"status":{"indicator":"none","description":""}}]', 'no status.json of Statuspage'],
    ['null', 'null', 'no status.json of Statuspage'],
    ['no status', '{"page":{}}', 'no status.json of Statuspage'],
    ['a status in words', bodyOf('none'), 'no status.json of Statuspage'],
    ['an unknown indicator', bodyOf({ indicator: 'fine', description: 'x' }), 'no status.json of Statuspage'],
    ['a wrong type', bodyOf({ indicator: ['none'], description: 'x' }), 'no status.json of Statuspage'],
    ['no description', bodyOf({ indicator: 'none' }), 'no status.json of Statuspage'],
    ['endless nesting', '['.repeat(500_000), 'no JSON'],
  ])('is not %s', (_name, body, why) => {
    expect(parseStatuspage(body)).toEqual({ kind: 'unreadable', why });
  });

  it('is never made up: whatever JSON comes, only a documented status without trouble is one', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.json().map((inner) => `{"status":${inner}}`),
          fc.string(),
        ),
        (body) => {
          expect(parseStatuspage(body).kind).toBe('unreadable');
        },
      ),
    );
  });
});

describe('reading one', () => {
  const read = (get: Parameters<typeof createStatuspageReader>[0], signal = NEVER) =>
    createStatuspageReader(get).read('https://status.acme.example/api/v2/status.json', signal);
  const fine = bodyOf({ indicator: 'none', description: 'All Systems Operational' });

  it('takes a 200 only, and all of it', async () => {
    expect(await read(async () => ({ status: 200, body: fine, truncated: false }))).toMatchObject({
      indicator: 'none',
    });
    for (const [status, truncated, why] of [
      [503, false, 'HTTP 503'],
      [204, false, 'HTTP 204'],
      [302, false, 'HTTP 302, redirects are not followed'],
      [200, true, 'its answer is too long'],
    ] as const)
      expect(await read(async () => ({ status, body: fine, truncated }))).toEqual({
        kind: 'unreadable',
        why,
      });
  });

  it('says in a few words why there is no answer', async () => {
    for (const [reason, why] of [
      ['timeout', 'timeout'],
      ['aborted', 'timeout'],
      ['unreachable', 'no connection'],
      ['host_not_allowed', 'a private address that AIRE_ALLOW_HOSTS does not name'],
    ])
      expect(
        await read(async () => {
          throw Object.assign(new Error('GET https://status.acme.example …'), { reason });
        }),
      ).toEqual({ kind: 'unreadable', why });
  });

  it('is given up with the job that asked for it', async () => {
    const job = new AbortController();
    job.abort();
    let seen: AbortSignal | undefined;
    await read(async ({ signal }) => {
      seen = signal;
      throw new Error('aborted');
    }, job.signal);
    expect(seen?.aborted).toBe(true);
  });
});
