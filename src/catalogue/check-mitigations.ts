import { namesIn } from '../insert-values.ts';
import { decodeWebhookSecret } from '../standard-webhooks.ts';
import { checkSecretsAreSet, checkTemplates, type ReferenceContext, secretsIn } from './check-templates.ts';
import type { Fault, ParsedFile } from './parse-yaml.ts';
import type { ServiceFile } from './service-file.ts';

/** What mitigations ask of the environment and of incidents. */
export function checkMitigations(parsed: ParsedFile<ServiceFile>, context: ReferenceContext): Fault[] {
  const { value: service, fault } = parsed;
  return Object.entries(service.mitigations).flatMap(([name, mitigation]) => {
    const path = ['mitigations', name];
    const where = path.join('.');
    const { request } = mitigation;
    const text = JSON.stringify(request);
    const asksForCallback = namesIn(text).includes('callback_url') || mitigation.confirm !== undefined;
    return [
      ...checkTemplates(
        {
          path: [...path, 'request'],
          headers: request.headers,
          shown: `${request.url}\n${JSON.stringify(request.body)}`,
          shownAs: 'the url or body',
          alsoKnown: ['callback_url'],
        },
        parsed,
      ),
      ...checkSecretsAreSet([...secretsIn(text), mitigation.secret], path, parsed, context),
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
