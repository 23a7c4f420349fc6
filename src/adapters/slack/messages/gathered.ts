import type { KnownBlock } from '@slack/types';
import { type Fact, type Incident, isOpen } from '../../../incidents/incident.ts';
import { UNREADABLE, vendorFact } from '../../../incidents/vendor-status.ts';
import { knownVersions } from '../../../incidents/version-facts.ts';
import type { ServiceIdentity, Vendor } from '../../../services/schema.ts';
import { ACTIONS } from '../action-ids.ts';
import { button, fitLines, inline, link, section, slackDate } from './blocks.ts';

/** Characters, addresses included. */
const LIMITS = { versions: 500, dashboards: 1000, vendors: 1400 } as const;

/** What machines gather for triage beside what moved: versions, dashboards, providers (reference §E). */
export function gatheredBlocks(incident: Incident, service: ServiceIdentity | undefined): KnownBlock[] {
  const lines = [...versions(incident), ...dashboards(service)];
  const vendors = service?.vendors ?? [];
  return [
    ...(lines.length === 0 ? [] : [section(lines.join('\n'))]),
    ...(vendors.length === 0
      ? []
      : [
          section(
            `*Providers*\n${vendorLines(incident, vendors)}`,
            isOpen(incident) ? button('Look again', ACTIONS.readVendors, incident.id) : undefined,
          ),
        ]),
  ];
}

function versions({ facts }: Incident): string[] {
  const known = knownVersions(facts).map(({ what, current, before }) => {
    const now = current === undefined ? 'not known' : inline(current, 60);
    return `${what} ${now}${before === undefined ? '' : ` (before: ${inline(before, 60)})`}`;
  });
  return known.length === 0 ? [] : [`*Versions* ${onOneLine(known, LIMITS.versions)}`];
}

function dashboards(service: ServiceIdentity | undefined): string[] {
  const links = Object.entries(service?.dashboards ?? {}).map(([name, url]) => link(url, inline(name, 40)));
  return links.length === 0 ? [] : [`*Dashboards* ${onOneLine(links, LIMITS.dashboards)}`];
}

/** Whole parts only: a link that is cut in two is none. */
function onOneLine(parts: readonly string[], limit: number): string {
  return fitLines(parts, limit).replaceAll('\n', ' · ');
}

/** Worst first; `fitLines` leaves out from the end. */
const ORDER = ['critical', 'major', 'minor', UNREADABLE, 'maintenance', undefined, 'none'];
const SIGNS: Readonly<Record<string, string>> = {
  critical: ':red_circle:',
  major: ':large_orange_circle:',
  minor: ':large_yellow_circle:',
  maintenance: ':wrench:',
  none: ':white_check_mark:',
};

function vendorLines({ facts }: Incident, vendors: readonly Vendor[]): string {
  const known = vendors.map((vendor) => ({ vendor, fact: facts[vendorFact(vendor.name)] }));
  const worstFirst = known.toSorted((a, b) => ORDER.indexOf(a.fact?.value) - ORDER.indexOf(b.fact?.value));
  return fitLines(
    worstFirst.map(({ vendor, fact }) => vendorLine(vendor, fact)),
    LIMITS.vendors,
  );
}

function vendorLine({ name, status, contact }: Vendor, fact: Fact | undefined): string {
  if (fact === undefined) return `:grey_question: ${name}: status page not read yet`;
  const page = link(fact.url ?? new URL(status).origin, 'status page');
  const at = slackDate(fact.at, '{time}');
  const said = inline(fact.detail ?? '', 120);
  if (fact.value === 'none') return `${SIGNS.none} ${name}: ${said === '' ? 'no trouble' : said}, ${at}`;
  if (fact.value === UNREADABLE)
    return `:grey_question: ${name}: status page not readable (${said}), ${at} · ${page}`;
  const sign = SIGNS[fact.value] ?? ':grey_question:';
  const reach = contact === undefined ? '' : ` · contact: ${link(contact, inline(contact, 100))}`;
  return `${sign} *${name}: ${inline(fact.value, 20)}*${said === '' ? '' : `, “${said}”`}, ${at} · ${page}${reach}`;
}
