import { checkAccount, type WantedObject } from '../../adapters/pagerduty/check-account.ts';
import { formatFault } from '../../catalogue/load-catalogue.ts';
import type { ParsedFile } from '../../catalogue/parse-yaml.ts';
import type { ServiceFile } from '../../catalogue/service-file.ts';
import type { Config } from '../../config.ts';
import { type Area, areaOf, unchecked } from './area.ts';

const NAME = 'PagerDuty';
const KEYS = { pagerduty_service: 'service', escalation_policy: 'escalation policy' } as const;

/** The REST API key, the user to page as, and every service and escalation policy that service files name. */
export async function checkPagerDuty(
  { pagerduty: { paging } }: Config,
  services: readonly ParsedFile<ServiceFile>[],
): Promise<Area> {
  const token = paging?.tokens[0];
  if (paging === undefined || token === undefined)
    return unchecked(
      NAME,
      'not checked: PAGERDUTY_API_TOKEN and PAGERDUTY_FROM are not set, so nobody is paged',
    );
  const named = services.flatMap(({ value, fault }) =>
    Object.entries(KEYS).flatMap(([key, kind]) => {
      const id =
        key === 'escalation_policy' ? value.owners.escalation_policy : value.owners.pagerduty_service;
      if (id === undefined) return [];
      const path = ['owners', key];
      const say = (message: string): string => formatFault(fault(path, `${path.join('.')}: ${message}`));
      return [{ kind, id, say }];
    }),
  );
  const wanted: WantedObject[] = [
    ...new Map(named.map(({ kind, id }) => [`${kind} ${id}`, { kind, id }])).values(),
  ];
  const { faults, missing, unknown } = await checkAccount({ ...paging, token }, wanted);
  const all = [
    ...faults.map(({ variable, message }) => `${variable}: ${message}`),
    ...named
      .filter(({ kind, id }) => missing.some((each) => each.kind === kind && each.id === id))
      .map(({ kind, id, say }) =>
        say(`PagerDuty has no ${kind} ${id} that this key can see; copy the id from the end of its address`),
      ),
  ];
  if (all.length > 0) return areaOf(NAME, '', all);
  return unknown === undefined
    ? areaOf(NAME, `pages as ${paging.from}, ${wanted.length} of its services and policies found`)
    : unchecked(NAME, `could not be checked: ${unknown}`);
}
