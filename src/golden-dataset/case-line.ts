import { type Incident, incidentName } from '../incidents/incident.ts';
import type { GoldenCase } from './golden-case.ts';

/**
 * An approved case as one line of JSONL: `id`, `input`, `expected`, `context`, `split`, `tags` and where it comes
 * from. `id` is the upsert key in every eval tool it is imported into.
 */
export function caseLine(golden: GoldenCase, incident: Incident): string {
  return JSON.stringify({
    id: golden.id,
    input: golden.input,
    expected: golden.expected ?? null,
    context: golden.context,
    split: golden.split,
    tags: [golden.service, golden.failure],
    metadata: {
      incident: incidentName(incident),
      severity: incident.severity,
      cause: incident.cause ?? 'unknown',
      failure: golden.failure,
      model_version: incident.facts.current_model?.value ?? null,
      prompt_version: incident.facts.current_prompt?.value ?? null,
      source_trace_url: golden.traceUrl ?? null,
      approved_by: golden.reviewedBy ?? null,
      approved_at: golden.reviewedAt?.toISOString() ?? null,
      redacted: golden.redacted,
    },
  });
}
