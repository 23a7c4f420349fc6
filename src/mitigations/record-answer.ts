import { AppError } from '../errors.ts';
import { entry } from '../incidents/timeline.ts';
import type { Decision } from '../verb.ts';
import { changeMitigation } from './change-mitigation.ts';
import { showMitigation } from './jobs.ts';
import { ended, ran } from './outcome.ts';
import type { MitigationChange, MitigationDeps } from './ports.ts';

/** What a target reports to the callback URL. */
export interface Answer {
  /** A mitigation is run once, so this is 1; anything else belongs to no run of ours. */
  readonly attempt: number;
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly detail?: string | undefined;
}

/**
 * A target reports how a mitigation goes. Reports that come late, twice or for another attempt change nothing.
 *
 * @returns whether the report was taken.
 * @throws AppError `not_found`.
 */
export function recordAnswer(deps: MitigationDeps, mitigationId: string, answer: Answer): Promise<boolean> {
  return changeMitigation(
    deps,
    mitigationId,
    ({ mitigation, incident }, context): Decision<MitigationChange, boolean> => {
      if (mitigation.state !== 'running' || answer.attempt !== 1) return { change: undefined, result: false };
      const target = { kind: 'system', name: 'target' } as const;
      const detail =
        answer.detail === undefined || answer.detail === ''
          ? `The target reports: ${answer.status}.`
          : `The target reports ${answer.status}: ${answer.detail}.`;
      switch (answer.status) {
        case 'running': {
          const written = entry(
            context,
            incident,
            target,
            'mitigation_answered',
            `${mitigation.definition.title}: ${detail}`,
            { data: { mitigation: mitigation.id } },
          );
          return {
            change: {
              mitigations: [{ ...mitigation, detail }],
              timeline: [written],
              jobs: [showMitigation(incident.id, mitigation.id)],
            },
            result: true,
          };
        }
        case 'succeeded':
          return { change: ran(mitigation, incident, detail, context, target), result: true };
        case 'failed':
          return { change: ended(mitigation, incident, 'failed', detail, context, target), result: true };
      }
    },
  );
}

/**
 * A person says what became of a mitigation whose outcome is unknown.
 *
 * @throws AppError `not_allowed_now`, `not_found`.
 */
export function settleUnknown(
  deps: MitigationDeps,
  input: { mitigationId: string; by: string; happened: boolean },
): Promise<void> {
  return changeMitigation(
    deps,
    input.mitigationId,
    ({ mitigation, incident }, context): Decision<MitigationChange, void> => {
      if (mitigation.state !== 'unknown')
        throw new AppError(
          'not_allowed_now',
          `“${mitigation.definition.title}” is ${mitigation.state} already; nothing was changed.`,
        );
      const person = { kind: 'person', id: input.by } as const;
      return input.happened
        ? {
            change: ran(mitigation, incident, 'Somebody looked: it happened.', context, person),
            result: undefined,
          }
        : {
            change: ended(
              mitigation,
              incident,
              'failed',
              'Somebody looked: it did not happen.',
              context,
              person,
            ),
            result: undefined,
          };
    },
  );
}
