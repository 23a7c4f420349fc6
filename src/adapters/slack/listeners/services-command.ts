import { AppError } from '../../../errors.ts';
import { triggerCoverage } from '../../../incidents/trigger-coverage.ts';
import { rulesOf } from '../../../triggers/overrides.ts';
import type { SlackMessage } from '../messages/blocks.ts';
import { type ServiceState, serviceList, serviceTriggers } from '../messages/services.ts';
import type { SlackDeps } from '../ports.ts';

const LISTED = 40;

/** `/aire services [name]`, from what the last evaluations found. @throws AppError `not_found`. */
export async function answerServices(deps: SlackDeps, name: string | undefined): Promise<SlackMessage> {
  const all = deps.services.all().map((each) => each.service);
  if (name === undefined) {
    const names = all.toSorted().slice(0, LISTED);
    return serviceList(await statesOf(deps, names), all.length - names.length);
  }
  const [state] = await statesOf(deps, [name]);
  if (state === undefined)
    throw new AppError('not_found', `There is no service "${name}". /aire services shows what there is.`);
  return serviceTriggers(state);
}

async function statesOf(deps: SlackDeps, names: readonly string[]): Promise<readonly ServiceState[]> {
  const known = await deps.store.serviceStates(names);
  return names.flatMap((name) => {
    const service = deps.services.get(name);
    if (service === undefined) return [];
    const { findings = {}, openIncidents = 0 } = known.get(name) ?? {};
    return [
      {
        service: name,
        tier: service.tier,
        mode: service.declare,
        openIncidents,
        triggers: triggerCoverage(rulesOf(deps.playbook, service), service, findings, deps.clock.now()),
      },
    ];
  });
}
