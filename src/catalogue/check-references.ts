import type { Playbook } from '../runbooks/schema.ts';
import { KNOWN_SLIS, sliDefinition } from '../services/slis.ts';
import { fittingKeys, unfitKeys } from '../triggers/overrides.ts';
import { LIMITS } from '../triggers/schema.ts';
import { checkMitigations } from './check-mitigations.ts';
import { checkPolling } from './check-polling.ts';
import { checkSteps } from './check-steps.ts';
import type { ReferenceContext } from './check-templates.ts';
import type { Fault, ParsedFile } from './parse-yaml.ts';
import type { ServiceFile } from './service-file.ts';

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
      ...checkEvaluations(parsed),
      ...checkSteps(playbook, parsed, context),
      ...checkMitigations(parsed, context),
      ...checkPolling(parsed, context),
    ];
  });
}

function checkTriggers(playbook: Playbook, { value: service, fault }: ParsedFile<ServiceFile>): Fault[] {
  const known = Object.keys(playbook.triggers);
  const unknown = (name: string): string => `there is no trigger "${name}"; known are: ${known.join(', ')}`;
  const ofAlerts = service.sources.alerts.flatMap(({ trigger }, index) => {
    const where = ['sources', 'alerts', index, 'trigger'];
    if (!known.includes(trigger)) return [fault(where, `${where.join('.')}: ${unknown(trigger)}`)];
    return service.triggers[trigger]?.off === true
      ? [fault(where, `${where.join('.')}: "${trigger}" is off in this file, so the alert would do nothing`)]
      : [];
  });
  const ofSpikes = Object.entries(service.triggers).flatMap(([name, { slis = {} }]) =>
    Object.entries(slis).flatMap(([sli, each]) => {
      const { unit } = sliDefinition(sli, service.slis);
      return each === 'off' || each.spike === undefined || unit === 'count'
        ? []
        : [
            fault(
              ['triggers', name, 'slis', sli, 'spike'],
              `triggers.${name}.slis.${sli}.spike: a spike is one of counts, and the unit of ${sli} is ${unit}; compare it by ${LIMITS.join(', ')}`,
            ),
          ];
    }),
  );
  const ofOverrides = Object.entries(service.triggers).flatMap(([name, change]) => {
    const rule = playbook.triggers[name];
    if (rule === undefined) return [fault(['triggers', name], `triggers.${name}: ${unknown(name)}`)];
    return unfitKeys(rule, change).map((key) =>
      fault(
        ['triggers', name, key],
        `triggers.${name}.${key}: this trigger has none; what can be changed of it: ${fittingKeys(rule).join(', ')}`,
      ),
    );
  });
  return [...ofAlerts, ...ofOverrides, ...ofSpikes];
}

/** An SLI that no trigger and no SLO knows would take values and never judge them. */
function checkEvaluations({ value: service, fault }: ParsedFile<ServiceFile>): Fault[] {
  return service.sources.evaluations.flatMap(({ sli }, index) =>
    Object.hasOwn(KNOWN_SLIS, sli) || Object.hasOwn(service.slis, sli)
      ? []
      : [
          fault(
            ['sources', 'evaluations', index, 'sli'],
            `sources.evaluations.${index}.sli: there is no SLI "${sli}"; correct its spelling, or describe it under slis`,
          ),
        ],
  );
}
