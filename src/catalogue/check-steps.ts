import { unquotedNames } from '../runbooks/promql.ts';
import { isRunnable, type Playbook, type RunnableStep, type StepDefinition } from '../runbooks/schema.ts';
import { checkSecretsAreSet, checkTemplates, type ReferenceContext, secretsIn } from './check-templates.ts';
import type { Fault, ParsedFile } from './parse-yaml.ts';
import type { ServiceFile } from './service-file.ts';

/** What a service's own steps refer to, and where they read. */
export function checkSteps(
  playbook: Playbook,
  parsed: ParsedFile<ServiceFile>,
  context: ReferenceContext,
): Fault[] {
  const { value: service, fault } = parsed;
  const known = Object.keys(service.mitigations);
  const missing = (step: StepDefinition): boolean =>
    step.kind === 'mitigate' && step.mitigation !== undefined && !known.includes(step.mitigation);
  const triggers = Object.keys(playbook.triggers);
  const { prometheus } = service.sources;
  const source = ['sources', 'prometheus'];
  const ofSource =
    prometheus === undefined
      ? []
      : [
          ...checkHeaders(prometheus.headers, [...source, 'headers'], parsed, context),
          ...(/\{\{/.test(JSON.stringify(prometheus)) || prometheus.url.includes('${')
            ? [
                fault(
                  source,
                  'sources.prometheus: no values are put in here, and secrets only into headers; write it out',
                ),
              ]
            : []),
        ];
  const ofRunbooks = Object.entries(service.runbooks).flatMap(([name, runbook]) => [
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
  const ofRunnable = Object.entries(service.runbooks).flatMap(([name, runbook]) =>
    runbook.steps.flatMap((step, index) =>
      isRunnable(step) ? checkRunnable(step, ['runbooks', name, 'steps', index], parsed, context) : [],
    ),
  );
  return [...ofSource, ...ofRunbooks, ...ofRunnable];
}

function checkRunnable(
  step: RunnableStep,
  path: readonly (string | number)[],
  parsed: ParsedFile<ServiceFile>,
  context: ReferenceContext,
): Fault[] {
  const { value: service, fault } = parsed;
  switch (step.kind) {
    case 'query': {
      const at = [...path, 'query'];
      return [
        ...(service.sources.prometheus === undefined
          ? [fault(at, `${at.join('.')}: there is nothing to query; add sources: { prometheus: { url } }`)]
          : []),
        ...checkTemplates({ path: at, headers: {}, shown: step.query, shownAs: 'a query' }, parsed),
        ...unquotedNames(step.query).map((name) =>
          fault(at, `${at.join('.')}: put {{${name}}} between quotes, as in {model="{{${name}}}"}`),
        ),
      ];
    }
    case 'http':
      return [
        ...checkTemplates(
          { path: [...path, 'url'], headers: {}, shown: step.url, shownAs: 'the url' },
          parsed,
        ),
        ...checkHeaders(step.headers, [...path, 'headers'], parsed, context),
      ];
    case 'compare':
    case 'page':
      return [];
  }
}

function checkHeaders(
  headers: Readonly<Record<string, string>>,
  path: readonly (string | number)[],
  parsed: ParsedFile<ServiceFile>,
  context: ReferenceContext,
): Fault[] {
  return [
    ...checkTemplates({ path, headers, shown: '', shownAs: '' }, parsed),
    ...checkSecretsAreSet(secretsIn(Object.values(headers).join('\n')), path, parsed, context),
  ];
}
