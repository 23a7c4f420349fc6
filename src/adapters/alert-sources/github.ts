import { z } from 'zod';
import { parseJson } from '../../json.ts';
import type { ServiceDirectory } from '../../services/schema.ts';
import type { Reading, SignalSource } from '../../signals/receive-delivery.ts';
import { requireSignature } from './signature.ts';
import { deliveryIdOf, type RoutedService, rulesOf } from './vendor-alert.ts';
import { readChange, type VendorChange } from './vendor-change.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const text = z.string().optional().catch(undefined);
const person = z.object({ login: z.string() }).optional().catch(undefined);
const repository = z.object({ full_name: z.string().min(1), html_url: text });

/** What of the two events is needed (GitHub's “Webhook events and payloads”); everything else may change. */
const deploymentStatus = z.object({
  deployment_status: z.object({
    id: z.int(),
    state: z.string(),
    created_at: time,
    log_url: text,
    target_url: text,
    creator: person,
  }),
  deployment: z.object({ sha: z.string().min(1), ref: z.string(), environment: z.string(), creator: person }),
  repository,
});
const release = z.object({
  action: z.string(),
  release: z.object({
    id: z.int(),
    tag_name: z.string().min(1),
    html_url: text,
    prerelease: z.boolean().default(false),
    published_at: time.nullish(),
    author: person,
  }),
  repository,
});
const ping = z.object({ zen: z.string(), hook_id: z.int() });

/**
 * `POST /webhooks/github`: deployments that succeeded and releases that were published, signed over the raw body.
 * Which event it is, is read from the body: the header that names it is not signed.
 */
export function githubSource(options: {
  secrets: readonly string[];
  services: ServiceDirectory<RoutedService>;
}): SignalSource {
  const rules = rulesOf(options.services.all());
  const signing = { vendor: 'GitHub', variable: 'GITHUB_WEBHOOK_SECRET', secrets: options.secrets };
  return {
    name: 'github',
    authenticate({ headers, body }) {
      requireSignature(signing, headers['x-hub-signature-256']?.replace(/^sha256=/, ''), body);
      // With the rules, so that Redeliver in GitHub helps after one was added. What was taken is known by its own id.
      return { deliveryId: deliveryIdOf(rules, headers['x-github-delivery'] ?? body) };
    },
    read: (body, _sender, now) => read(body, options.services.all(), now),
  };
}

function read(body: Buffer, services: readonly RoutedService[], now: Date): Reading {
  const json = z.record(z.string(), z.unknown()).safeParse(parseJson(contentOf(body))).data;
  if (json === undefined) return { kind: 'unusable', reason: 'The body is no event of GitHub in JSON.' };
  if (ping.safeParse(json).success)
    return { kind: 'nothing', why: 'pong: GitHub can reach aire and its signature fits.' };
  if ('deployment_status' in json) {
    const event = deploymentStatus.safeParse(json);
    if (!event.success) return unreadable('deployment_status');
    const { state } = event.data.deployment_status;
    return state === 'success'
      ? readChange(deployed(event.data), services, now)
      : { kind: 'nothing', why: `a deployment is recorded when it has succeeded; this one is ${state}` };
  }
  if ('release' in json) {
    const event = release.safeParse(json);
    if (!event.success) return unreadable('release');
    return event.data.action === 'published'
      ? readChange(released(event.data, now), services, now)
      : {
          kind: 'nothing',
          why: `a release is recorded when it is published; this one was ${event.data.action}`,
        };
  }
  return { kind: 'nothing', why: 'only deployment statuses and releases are used' };
}

/** GitHub's own default is a form with the JSON in `payload`. */
function contentOf(body: Buffer): Buffer | string {
  return body.subarray(0, 8).toString('latin1') === 'payload='
    ? (new URLSearchParams(body.toString('utf8')).get('payload') ?? '')
    : body;
}

function unreadable(event: string): Reading {
  return { kind: 'unusable', reason: `The ${event} event has not the fields that GitHub documents.` };
}

function deployed(event: z.output<typeof deploymentStatus>): VendorChange {
  const { deployment, deployment_status: status, repository: where } = event;
  const { environment } = deployment;
  return {
    from: 'github',
    id: `deployment_status:${status.id}`,
    at: status.created_at,
    labels: { repository: where.full_name, environment, ref: deployment.ref, sha: deployment.sha },
    values: { repository: where.full_name, environment, ref: deployment.ref, event: 'deployment' },
    suggest: { repository: where.full_name, environment },
    after: versionOf(deployment.ref) ?? deployment.sha.slice(0, 12),
    by: deployment.creator?.login ?? status.creator?.login,
    url: [status.log_url, status.target_url, where.html_url].find((url) => url !== undefined && url !== ''),
    called: `the deployment of ${where.full_name} to ${environment}`,
    usually: 'deploy',
  };
}

function released(event: z.output<typeof release>, now: Date): VendorChange {
  const { release: made, repository: where } = event;
  return {
    from: 'github',
    id: `release:${made.id}`,
    at: made.published_at ?? now,
    labels: { repository: where.full_name, release: made.tag_name },
    values: {
      repository: where.full_name,
      release: made.tag_name,
      prerelease: String(made.prerelease),
      event: 'release',
    },
    suggest: { repository: where.full_name, event: 'release' },
    after: made.tag_name,
    by: made.author?.login,
    url: made.html_url,
    called: `release ${made.tag_name} of ${where.full_name}`,
    usually: 'deploy',
  };
}

/** A ref that names a version, such as `v42`; a branch names none. */
function versionOf(ref: string): string | undefined {
  const name = ref.replace(/^refs\/tags\//, '');
  return /^v?\d+(?:\.|$)/.test(name) ? name : undefined;
}
