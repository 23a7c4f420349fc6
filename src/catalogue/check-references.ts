import { namesIn } from '../mitigations/insert-values.ts';
import type { Playbook, StepDefinition } from '../runbooks/schema.ts';
import { decodeWebhookSecret } from '../standard-webhooks.ts';
import type { Fault, ParsedFile } from './parse-yaml.ts';
import type { ServiceFile } from './service-file.ts';

/** What files may refer to that lies outside them. */
export interface ReferenceContext {
  /** The `AIRE_SECRET_*` variables that are set. */
  readonly secrets: ReadonlyMap<string, readonly string[]>;
  /** Whether targets can reach a callback URL (`AIRE_PUBLIC_URL` is set). */
  readonly hasPublicUrl: boolean;
}

/** Checks what one file says about another, about itself elsewhere, and about the environment. */
export function checkReferences(
  playbook: Playbook,
  services: readonly ParsedFile<ServiceFile>[],
  context: ReferenceContext,
): readonly Fault[] {
  const seen = new Map<string, string>();
  return services.flatMap((parsed) => {
    const { value: service, file, fault } = parsed;
    const faults: Fault[] = [];
    const other = seen.get(service.service);
    if (other !== undefined)
      faults.push(
        fault(['service'], `service: "${service.service}" is described in ${other} too. Keep one of them.`),
      );
    seen.set(service.service, file);
    return [
      ...faults,
      ...checkTriggers(playbook, parsed),
      ...checkSteps(playbook, parsed),
      ...checkMitigations(parsed, context),
    ];
  });
}

function checkTriggers(playbook: Playbook, { value: service, fault }: ParsedFile<ServiceFile>): Fault[] {
  const known = Object.keys(playbook.triggers);
  return service.sources.alerts.flatMap((rule, index) =>
    known.includes(rule.trigger)
      ? []
      : [
          fault(
            ['sources', 'alerts', index, 'trigger'],
            `sources.alerts.${index}.trigger: there is no trigger "${rule.trigger}"; known are: ${known.join(', ')}`,
          ),
        ],
  );
}

function checkSteps(playbook: Playbook, { value: service, fault }: ParsedFile<ServiceFile>): Fault[] {
  const known = Object.keys(service.mitigations);
  const missing = (step: StepDefinition): boolean =>
    step.kind === 'mitigate' && step.mitigation !== undefined && !known.includes(step.mitigation);
  const triggers = Object.keys(playbook.triggers);
  return Object.entries(service.runbooks).flatMap(([name, runbook]) => [
    ...runbook.steps.flatMap((step, index) =>
      missing(step)
        ? [
            fault(
              ['runbooks', name, 'steps', index, 'mitigation'],
              `runbooks.${name}.steps.${index}.mitigation: this service has no such mitigation; it has: ${known.join(', ') || 'none'}`,
            ),
          ]
        : [],
    ),
    ...(runbook.when.trigger ?? [])
      .filter((trigger) => !triggers.includes(trigger))
      .map((trigger) =>
        fault(
          ['runbooks', name, 'when', 'trigger'],
          `runbooks.${name}.when.trigger: there is no trigger "${trigger}"; known are: ${triggers.join(', ')}`,
        ),
      ),
  ]);
}

const SECRET = /\$\{([^}]*)\}/g;
const VALUES = /^(?:service|callback_url|incident\.(?:name|severity)|facts\.[a-z][a-z0-9_]*)$/;

function checkMitigations(
  { value: service, fault }: ParsedFile<ServiceFile>,
  context: ReferenceContext,
): Fault[] {
  return Object.entries(service.mitigations).flatMap(([name, mitigation]) => {
    const path = ['mitigations', name];
    const where = path.join('.');
    const text = JSON.stringify(mitigation.request);
    const mentioned = Array.from(text.matchAll(SECRET), (match) => match[1] ?? '');
    const inBody =
      /\$\{/.test(JSON.stringify(mitigation.request.body)) || /\$\{/.test(mitigation.request.url);
    const asksForCallback = namesIn(text).includes('callback_url') || mitigation.confirm !== undefined;
    return [
      ...[...new Set(mentioned)]
        .filter((secret) => !/^AIRE_SECRET_[A-Z0-9_]+$/.test(secret))
        .map((secret) =>
          fault(
            [...path, 'request'],
            `${where}.request: \${${secret}} may not be used; only variables that start with AIRE_SECRET_ may`,
          ),
        ),
      ...[...new Set([...mentioned, mitigation.secret])]
        .filter((secret) => secret.startsWith('AIRE_SECRET_') && !context.secrets.has(secret))
        .map((secret) =>
          fault(path, `${where}: the variable ${secret} is not set. Set it in the environment.`),
        ),
      ...((context.secrets.get(mitigation.secret) ?? []).some(
        (value) => decodeWebhookSecret(value) === undefined,
      )
        ? [
            fault(
              [...path, 'secret'],
              `${where}.secret: ${mitigation.secret} can't sign; it must be whsec_ and base64, such as from: openssl rand -base64 32`,
            ),
          ]
        : []),
      ...(inBody
        ? [
            fault(
              [...path, 'request'],
              `${where}.request: secrets belong into headers, not into the url or body, which people see`,
            ),
          ]
        : []),
      ...namesIn(text)
        .filter((value) => !VALUES.test(value))
        .map((value) =>
          fault(
            [...path, 'request'],
            `${where}.request: {{${value}}} is unknown; use service, callback_url, incident.name, incident.severity or facts.<name>`,
          ),
        ),
      ...(asksForCallback && !context.hasPublicUrl
        ? [
            fault(
              path,
              `${where}: it waits for a callback, so set AIRE_PUBLIC_URL to the address where the target reaches aire`,
            ),
          ]
        : []),
    ];
  });
}
