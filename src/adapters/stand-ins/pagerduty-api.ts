import { z } from 'zod';
import { listen, type Received, type Reply } from './http-exchange.ts';

/** How PagerDuty, or what stands before it, fails: before the effect or after it. */
export type PagerDutyFault =
  | 'rate_limited'
  | 'html_502'
  | 'html_502_after_effect'
  | 'drop_after_effect'
  | 'error_500'
  | 'hang';

/** An incident at PagerDuty. */
export interface PagerDutyIncident {
  readonly id: string;
  readonly key: string;
  readonly serviceId: string;
  readonly title: string;
  readonly urgency: string;
  readonly details: string;
  readonly escalationPolicy?: string;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
}

/** One request as it came in; `status` is undefined when nothing was answered. */
export interface PagerDutyRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number | undefined;
}

export interface PagerDutyApiOptions {
  readonly token: string;
  /** Email addresses of the account's users: who may be named in `From`. */
  readonly users: readonly string[];
  readonly services: readonly string[];
  readonly escalationPolicies?: readonly string[];
}

/** The part of PagerDuty's REST API that pages and is checked (reference integrations §2.2), as strict as the real one. */
export interface PagerDutyApi {
  readonly url: string;
  incidents(): readonly PagerDutyIncident[];
  requests(): readonly PagerDutyRequest[];
  /** Fails the next requests of a method. pdjs repeats a 429 three times by itself, so four are one failure to it. */
  misbehave(fault: PagerDutyFault, times: number, method?: 'GET' | 'POST' | 'PUT'): void;
  /** What a person does at PagerDuty. */
  change(id: string, status: PagerDutyIncident['status']): void;
  close(): Promise<void>;
}

const reference = (type: string) => z.object({ id: z.string(), type: z.literal(type) });
const creation = z.object({
  incident: z.object({
    type: z.literal('incident'),
    title: z.string().min(1),
    service: reference('service_reference'),
    urgency: z.enum(['high', 'low']).default('high'),
    incident_key: z.string().max(255).optional(),
    body: z.object({ type: z.literal('incident_body'), details: z.string() }).optional(),
    escalation_policy: reference('escalation_policy_reference').optional(),
  }),
});
const update = z.object({
  incident: z.object({
    type: z.literal('incident_reference'),
    status: z.enum(['triggered', 'acknowledged', 'resolved']),
  }),
});

const ACCEPT = 'application/vnd.pagerduty+json;version=2';
const HTML = '<html><body><h1>502 Bad Gateway</h1></body></html>';

/** Starts a PagerDuty account with some users and services. */
export async function startPagerDutyApi(options: PagerDutyApiOptions): Promise<PagerDutyApi> {
  const incidents: PagerDutyIncident[] = [];
  const requests: PagerDutyRequest[] = [];
  const faults = new Map<string, PagerDutyFault[]>();

  const shown = (incident: PagerDutyIncident) => ({
    id: incident.id,
    type: 'incident',
    html_url: `https://aire.pagerduty.example/incidents/${incident.id}`,
    status: incident.status,
    incident_key: incident.key,
    title: incident.title,
    urgency: incident.urgency,
    service: { id: incident.serviceId, type: 'service_reference' },
  });

  function create(body: unknown): Reply {
    const read = creation.safeParse(body);
    if (!read.success) return refused(400, 2001, 'Invalid Input Provided', read.error.issues.map(issueText));
    const { title, service, urgency, incident_key, body: text, escalation_policy } = read.data.incident;
    if (!options.services.includes(service.id))
      return refused(400, 2001, 'Invalid Input Provided', ['Service not found.']);
    const id = `PPAGE${incidents.length + 1}`;
    const key = incident_key ?? id;
    if (
      incidents.some(
        (each) => each.key === key && each.serviceId === service.id && each.status !== 'resolved',
      )
    )
      return refused(400, 2001, 'Invalid Input Provided', [
        'Open incident with matching dedup key already exists on this service',
      ]);
    const made: PagerDutyIncident = {
      id,
      key,
      title,
      urgency,
      serviceId: service.id,
      details: text?.details ?? '',
      status: 'triggered',
      ...(escalation_policy === undefined ? {} : { escalationPolicy: escalation_policy.id }),
    };
    incidents.push(made);
    return { status: 201, body: { incident: shown(made) } };
  }

  function change(id: string, body: unknown): Reply {
    const read = update.safeParse(body);
    const known = incidents.find((each) => each.id === id);
    if (!read.success) return refused(400, 2001, 'Invalid Input Provided', read.error.issues.map(issueText));
    if (known === undefined) return refused(404, 2100, 'Not Found', []);
    const { status } = read.data.incident;
    if (known.status === 'resolved' && status === 'resolved')
      return refused(400, 1001, 'Incident Already Resolved', []);
    set(id, status);
    return { status: 200, body: { incident: shown({ ...known, status }) } };
  }

  function set(id: string, status: PagerDutyIncident['status']): void {
    const index = incidents.findIndex((each) => each.id === id);
    const known = incidents[index];
    if (known === undefined) throw new Error(`PagerDuty has no incident ${id}.`);
    incidents[index] = { ...known, status };
  }

  function route({ method, path, query, body }: Received): Reply {
    if (method === 'GET' && path === '/incidents') {
      const key = query.get('incident_key');
      const found = incidents.filter((each) => key === null || each.key === key);
      return {
        status: 200,
        body: { incidents: found.map(shown), limit: 100, offset: 0, total: null, more: false },
      };
    }
    if (method === 'POST' && path === '/incidents') return create(parsed(body));
    if (method === 'GET' && path === '/users') {
      // `query` looks for a part of the name or address.
      const users = options.users.filter((email) => email.includes(query.get('query') ?? ''));
      return {
        status: 200,
        body: { users: users.map((email) => ({ email })), limit: 100, offset: 0, more: false },
      };
    }
    const [, kind = '', known = ''] = /^\/(services|escalation_policies)\/([^/]+)$/.exec(path) ?? [];
    if (method === 'GET' && kind !== '') {
      const ids = kind === 'services' ? options.services : (options.escalationPolicies ?? []);
      return ids.includes(known)
        ? { status: 200, body: { [kind === 'services' ? 'service' : 'escalation_policy']: { id: known } } }
        : refused(404, 2100, 'Not Found', []);
    }
    const id = /^\/incidents\/([^/]+)$/.exec(path)?.[1];
    if (method === 'PUT' && id !== undefined) return change(id, parsed(body));
    return refused(404, 2100, 'Not Found', []);
  }

  function answer(request: Received): Reply {
    const refusal = refusalOf(request, options);
    if (refusal !== undefined) return refusal;
    const fault = faults.get(request.method)?.shift();
    if (fault === 'hang') return 'hang';
    if (fault === 'rate_limited')
      return {
        status: 429,
        headers: { 'ratelimit-limit': '960', 'ratelimit-remaining': '0', 'ratelimit-reset': '7' },
        body: { error: { message: 'Rate Limit Exceeded', code: 2020 } },
      };
    if (fault === 'error_500') return refused(500, 2000, 'Internal Error', []);
    if (fault === 'html_502') return { status: 502, headers: { 'content-type': 'text/html' }, body: HTML };
    const reply = route(request);
    if (fault === 'drop_after_effect') return 'drop';
    if (fault === 'html_502_after_effect')
      return { status: 502, headers: { 'content-type': 'text/html' }, body: HTML };
    return reply;
  }

  const listening = await listen((request) => {
    const reply = answer(request);
    requests.push({
      method: request.method,
      path: request.path,
      status: typeof reply === 'string' ? undefined : reply.status,
    });
    return reply;
  });

  return {
    url: listening.url,
    close: listening.close,
    incidents: () => [...incidents],
    requests: () => [...requests],
    misbehave(fault, times, method = 'POST') {
      faults.set(method, [...(faults.get(method) ?? []), ...Array.from({ length: times }, () => fault)]);
    },
    change: set,
  };
}

/** What PagerDuty says to a request that it does not even look into. */
function refusalOf({ method, headers }: Received, options: PagerDutyApiOptions): Reply | undefined {
  if (headers.authorization !== `Token token=${options.token}`)
    return refused(401, 2006, 'Authentication failed', []);
  if (headers.accept !== ACCEPT) return refused(406, 2012, `Accept must be ${ACCEPT}`, []);
  if (method === 'GET') return undefined;
  if (headers['content-type']?.startsWith('application/json') !== true)
    return refused(415, 2001, 'Content-Type must be application/json', []);
  return headers.from !== undefined && options.users.includes(headers.from)
    ? undefined
    : refused(400, 1008, 'Requester User Not Found', []);
}

function refused(status: number, code: number, message: string, errors: readonly string[]): Reply {
  return { status, body: { error: { message, code, errors } } };
}

function issueText(issue: z.core.$ZodIssue): string {
  return `${issue.path.join('.')}: ${issue.message}`;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
