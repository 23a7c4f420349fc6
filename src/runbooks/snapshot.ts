import { contentHash } from '../ids.ts';
import type { Playbook, RunbookPhase, RunbookSettings, StepDefinition } from './schema.ts';

/** The steps of one incident, frozen at its declaration and addressed by their content. */
export interface RunbookSnapshot {
  readonly hash: string;
  readonly steps: readonly StepDefinition[];
  readonly phases: Readonly<Record<RunbookPhase, { readonly title: string; readonly window: number }>>;
}

/** The playbook's steps, then those of the service's own runbooks; each of these inherits its runbook's condition. */
export function takeSnapshot(playbook: Playbook, service: RunbookSettings): RunbookSnapshot {
  const own = Object.entries(service.runbooks).flatMap(([name, runbook]) =>
    runbook.steps.map((step) => ({
      ...step,
      id: `${name}.${step.id}`,
      when: { ...runbook.when, ...step.when },
    })),
  );
  const content = { steps: [...playbook.steps, ...own], phases: playbook.phases };
  return { hash: contentHash(content), ...content };
}
