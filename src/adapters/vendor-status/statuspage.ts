import { z } from 'zod';
import { INDICATORS, type StatusPages, type VendorReading } from '../../incidents/vendor-status.ts';
import { parseJson } from '../../json.ts';
import { SECOND } from '../../time.ts';

const TIMEOUT = 5 * SECOND;
/** Characters that are kept of what a page says of itself. */
const DESCRIPTION = 300;
const ADDRESS = 500;

/** https://www.atlassian.com/software/statuspage: `GET /api/v2/status.json`. */
const statusJson = z.object({
  status: z.object({ indicator: z.enum(INDICATORS), description: z.string() }),
  page: z.object({ url: z.string() }).optional().catch(undefined),
});

/** What the body of a `status.json` says; anything else is unreadable, never "no trouble". */
export function parseStatuspage(body: string): VendorReading {
  const json = parseJson(body);
  if (json === undefined) return { kind: 'unreadable', why: 'no JSON' };
  const read = statusJson.safeParse(json);
  if (!read.success) return { kind: 'unreadable', why: 'no status.json of Statuspage' };
  const { status, page } = read.data;
  return {
    kind: 'read',
    indicator: status.indicator,
    description: status.description.replaceAll(/\s+/g, ' ').trim().slice(0, DESCRIPTION),
    ...(page !== undefined && isPage(page.url) ? { url: page.url } : {}),
  };
}

function isPage(text: string): boolean {
  if (text.length > ADDRESS || !URL.canParse(text)) return false;
  const url = new URL(text);
  return ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '';
}

/** A bounded GET, such as that of `Outgoing`. */
type Get = (request: {
  method: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal;
}) => Promise<{ readonly status: number; readonly body: string; readonly truncated: boolean }>;

/** Reads status pages, each within 5 s. */
export function createStatuspageReader(get: Get): StatusPages {
  return {
    async read(url, given) {
      const signal = AbortSignal.any([given, AbortSignal.timeout(TIMEOUT)]);
      try {
        const { status, body, truncated } = await get({
          method: 'GET',
          url,
          headers: { accept: 'application/json' },
          signal,
        });
        if (status >= 300 && status < 400)
          return { kind: 'unreadable', why: `HTTP ${status}, redirects are not followed` };
        if (status !== 200) return { kind: 'unreadable', why: `HTTP ${status}` };
        return truncated ? { kind: 'unreadable', why: 'its answer is too long' } : parseStatuspage(body);
      } catch (error) {
        return { kind: 'unreadable', why: reasonOf(error) };
      }
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  host_not_allowed: 'a private address that AIRE_ALLOW_HOSTS does not name',
  invalid_request: 'the address is not valid',
  timeout: 'timeout',
  aborted: 'timeout',
};

/** The failures of `Outgoing` in a few words. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : '';
  return REASONS[reason] ?? 'no connection';
}
