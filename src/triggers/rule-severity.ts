import type { ServiceIdentity } from '../services/schema.ts';
import type { TriggerRule } from './schema.ts';
import { type Severity, severityForTier } from './severity.ts';

/** The severity of a rule at this extent, for the service's tier (reference §D). */
export function beyondSeverity(rule: TriggerRule, service: ServiceIdentity, extent: number): Severity {
  const atTierOne =
    rule.severity.find((step) => step.beyond === undefined || extent > step.beyond)?.is ?? 'SEV4';
  return severityForTier(atTierOne, service.tier);
}

/** The severity of crossing the trigger without knowing by how much. */
export function plainSeverity(rule: TriggerRule, service: ServiceIdentity): Severity {
  return severityForTier(rule.severity.at(-1)?.is ?? 'SEV4', service.tier);
}
