import { decodeWebhookSecret } from '../standard-webhooks.ts';
import { formatDuration, parseDuration } from '../time.ts';
import { checkSecretsAreSet, type ReferenceContext } from './check-templates.ts';
import type { Fault, ParsedFile } from './parse-yaml.ts';
import type { ServiceFile } from './service-file.ts';

/** A range or subquery in PromQL: `[5m]`, `[1h:]`. */
const WINDOW = /\[\s*((?:\d+(?:ms|[smhdwy]))+)\s*(?::[^\]]*)?\]/g;

/** What is polled, and the hook that starts evals. */
export function checkPolling(parsed: ParsedFile<ServiceFile>, context: ReferenceContext): Fault[] {
  return [...checkWindows(parsed), ...checkEvals(parsed, context)];
}

/** Where answers are counted, each is counted once: not again by the next poll. */
function checkWindows({ value: service, fault }: ParsedFile<ServiceFile>): Fault[] {
  const { prometheus } = service.sources;
  if (prometheus === undefined) return [];
  return Object.entries(prometheus.queries).flatMap(([sli, query]) => {
    if (typeof query === 'string') return [];
    return (['value', 'samples'] as const).flatMap((part) => {
      const other = Array.from(query[part].matchAll(WINDOW), (match) => match[1] ?? '').find(
        (window) => parseDuration(window) !== prometheus.every,
      );
      if (other === undefined) return [];
      const path = ['sources', 'prometheus', 'queries', sli, part];
      return [
        fault(
          path,
          `${path.join('.')}: it looks back over [${other}], but is asked every ${formatDuration(prometheus.every)}. Where samples are counted, both must be the same, or answers count several times.`,
        ),
      ];
    });
  });
}

function checkEvals(parsed: ParsedFile<ServiceFile>, context: ReferenceContext): Fault[] {
  const { value: service, fault } = parsed;
  if (service.evals === undefined) return [];
  const { url, secret } = service.evals.run;
  const path = ['evals', 'run'];
  const canNotSign = (context.secrets.get(secret) ?? []).some(
    (value) => decodeWebhookSecret(value) === undefined,
  );
  return [
    ...(/\{\{|\$\{/.test(url)
      ? [fault([...path, 'url'], 'evals.run.url: no values and no secrets are put in here; write it out')]
      : []),
    ...checkSecretsAreSet([secret], [...path, 'secret'], parsed, context),
    ...(canNotSign
      ? [
          fault(
            [...path, 'secret'],
            `evals.run.secret: ${secret} can't sign; it must be whsec_ and base64, such as from: openssl rand -base64 32`,
          ),
        ]
      : []),
  ];
}
