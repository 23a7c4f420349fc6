import { listen, type Reply } from './http-exchange.ts';

/** A provider's status page: `GET /api/v2/status.json` as Statuspage answers it. */
export interface StatusPage {
  readonly url: string;
  /** Where the status is read. */
  readonly statusUrl: string;
  /** What it says from now on. */
  says(indicator: string, description: string): void;
  /** Answers this instead, until it is told to say something. */
  answers(reply: () => Reply | Promise<Reply>): void;
  /** How often it was read. */
  reads(): number;
  close(): Promise<void>;
}

const PATH = '/api/v2/status.json';

/** Starts a page that says "All Systems Operational". */
export async function startStatusPage(): Promise<StatusPage> {
  let reads = 0;
  let answer = replyOf('none', 'All Systems Operational');
  const { url, close } = await listen((request) => {
    if (request.method !== 'GET' || request.path !== PATH)
      return { status: 404, body: { error: 'no such page' } };
    reads += 1;
    return answer(url);
  });
  return {
    url,
    statusUrl: `${url}${PATH}`,
    says(indicator, description) {
      answer = replyOf(indicator, description);
    },
    answers(reply) {
      answer = reply;
    },
    reads: () => reads,
    close,
  };
}

function replyOf(indicator: string, description: string): (url: string) => Reply | Promise<Reply> {
  return (url) => ({
    status: 200,
    body: {
      page: { id: 'stand-in', name: 'Stand-in', url, time_zone: 'Etc/UTC' },
      status: { indicator, description },
    },
  });
}
