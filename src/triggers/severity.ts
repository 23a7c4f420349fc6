/** How bad an incident is: SEV1 is worst (reference §D). */
export const SEVERITIES = ['SEV1', 'SEV2', 'SEV3', 'SEV4'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Severity of a tier 1 service, lowered by tier: tier 2 by one, tier 3 by two, never below SEV4 (reference §D). */
export function severityForTier(atTierOne: Severity, tier: number): Severity {
  const lowered = SEVERITIES.indexOf(atTierOne) + Math.max(0, tier - 1);
  return SEVERITIES[Math.min(lowered, SEVERITIES.length - 1)] ?? 'SEV4';
}

/** The worse of two. */
export function worse(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) <= SEVERITIES.indexOf(b) ? a : b;
}
