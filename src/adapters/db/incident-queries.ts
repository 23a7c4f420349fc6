import { and, asc, count, desc, eq, gte, inArray, ne, notExists, sql } from 'drizzle-orm';
import type { Incident } from '../../incidents/incident.ts';
import type { TimelineEntry } from '../../incidents/timeline.ts';
import type { Proposal, ServiceWatch } from '../../incidents/watch.ts';
import type { Signal } from '../../signals/signal.ts';
import { createBatcher } from './batcher.ts';
import type { Database } from './database.ts';
import { isOneOf, UNNAMED } from './recordset.ts';
import { toEntry, toProposal } from './rows.ts';
import type { RunbookSnapshots } from './runbook-snapshots.ts';
import { incidents, proposals, signals, timeline, watches } from './tables.ts';

const OPEN = sql`${incidents.phase} in ('triage', 'scope', 'mitigate')`;
/** Evaluated together. */
const SERVICES_AT_ONCE = 50;
const INCIDENTS_AT_ONCE = 50;
/** An incident takes at most this many arrivals in one go; the rest follow with the next evaluation. */
const ARRIVALS_AT_ONCE = 200;

/** `arrivalKey` of a signal, in SQL. */
const ARRIVAL_KEY = sql`${signals.type} || ':' || ${signals.source} || ':' || ${signals.id}`;

/** Reads of incidents and of what is remembered about services. */
export function incidentQueries({ orm }: Database, { incidentsOf }: RunbookSnapshots) {
  const asked = sql.placeholder('asked');
  const watchesOf = orm.select().from(watches).where(isOneOf(watches.service, asked)).prepare(UNNAMED);
  const openOf = orm
    .select()
    .from(incidents)
    .where(and(isOneOf(incidents.service, asked), OPEN))
    .orderBy(asc(incidents.declaredAt))
    .prepare(UNNAMED);
  const byId = orm.select().from(incidents).where(isOneOf(incidents.id, asked)).prepare(UNNAMED);

  return {
    watch: createBatcher(
      async (services: readonly string[]): Promise<readonly ServiceWatch[]> => {
        const rows = await watchesOf.execute({ asked: services });
        const known = new Map(rows.map((row) => [row.service, row]));
        return services.map((service) => known.get(service) ?? { service, version: 0, findings: {} });
      },
      { most: SERVICES_AT_ONCE },
    ),

    /** What is remembered of several services, and how many incidents they have open. */
    async serviceStates(
      services: readonly string[],
    ): Promise<ReadonlyMap<string, Pick<ServiceWatch, 'findings'> & { readonly openIncidents: number }>> {
      const names = [...services];
      if (names.length === 0) return new Map();
      const [watched, open] = await Promise.all([
        orm.select().from(watches).where(isOneOf(watches.service, names)),
        orm
          .select({ service: incidents.service, count: count() })
          .from(incidents)
          .where(and(isOneOf(incidents.service, names), OPEN))
          .groupBy(incidents.service),
      ]);
      const counts = new Map(open.map((row) => [row.service, row.count]));
      const findings = new Map(watched.map((row) => [row.service, row.findings]));
      return new Map(
        [...new Set([...counts.keys(), ...findings.keys()])].map((name) => [
          name,
          { findings: findings.get(name) ?? {}, openIncidents: counts.get(name) ?? 0 },
        ]),
      );
    },

    openIncidents: createBatcher(
      async (services: readonly string[]): Promise<readonly (readonly Incident[])[]> => {
        const open = await incidentsOf(await openOf.execute({ asked: services }));
        return services.map((service) => open.filter((incident) => incident.service === service));
      },
      { most: SERVICES_AT_ONCE },
    ),

    /** Jobs that a change leaves begin together, and most of them read its incident. */
    incident: createBatcher(
      async (ids: readonly string[]): Promise<readonly (Incident | undefined)[]> => {
        const found = await incidentsOf(await byId.execute({ asked: [...new Set(ids)] }));
        const known = new Map(found.map((incident) => [incident.id, incident]));
        return ids.map((id) => known.get(id));
      },
      // Who shows an incident does not wait for who else reads it.
      { most: INCIDENTS_AT_ONCE, atOnce: 4 },
    ),

    async incidentByNumber(number: number): Promise<Incident | undefined> {
      const rows = await orm.select().from(incidents).where(eq(incidents.number, number));
      return (await incidentsOf(rows))[0];
    },

    /** Open incidents of all services, newest first. */
    async listOpen(limit: number): Promise<readonly Incident[]> {
      const newest = desc(incidents.declaredAt);
      return incidentsOf(await orm.select().from(incidents).where(OPEN).orderBy(newest).limit(limit));
    },

    /** The latest incidents whatever their state, newest first. */
    async listLatest(limit: number): Promise<readonly Incident[]> {
      return incidentsOf(await orm.select().from(incidents).orderBy(desc(incidents.declaredAt)).limit(limit));
    },

    async proposal(id: string): Promise<Proposal | undefined> {
      const [row] = await orm.select().from(proposals).where(eq(proposals.id, id));
      return row === undefined ? undefined : toProposal(row);
    },

    async timeline(incidentId: string): Promise<readonly TimelineEntry[]> {
      const rows = await orm
        .select()
        .from(timeline)
        .where(eq(timeline.incidentId, incidentId))
        .orderBy(asc(timeline.at), asc(timeline.seq));
      return rows.map(toEntry);
    },

    async changesOf(incidentId: string): Promise<readonly TimelineEntry[]> {
      const rows = await orm
        .select()
        .from(timeline)
        .where(and(eq(timeline.incidentId, incidentId), eq(timeline.kind, 'change_seen')))
        .orderBy(desc(timeline.at), desc(timeline.seq))
        .limit(ARRIVALS_AT_ONCE);
      return rows.map(toEntry).reverse();
    },

    async entry(id: string): Promise<TimelineEntry | undefined> {
      const [row] = await orm.select().from(timeline).where(eq(timeline.id, id));
      return row === undefined ? undefined : toEntry(row);
    },

    /** How many entries of some kinds an incident has. */
    async countEntries(incidentId: string, kind: TimelineEntry['kind']): Promise<number> {
      return orm.$count(timeline, and(eq(timeline.incidentId, incidentId), eq(timeline.kind, kind)));
    },

    async signalsNotOnTimeline(incident: Incident, from: Date): Promise<readonly Signal[]> {
      const known = orm
        .select({ one: sql`1` })
        .from(timeline)
        .where(and(eq(timeline.incidentId, incident.id), eq(timeline.onceKey, ARRIVAL_KEY)));
      const rows = await orm
        .select({ signal: signals.signal })
        .from(signals)
        .where(
          and(
            eq(signals.service, incident.service),
            ne(signals.type, 'measurement'),
            inArray(signals.type, ['change', 'example', 'report', 'alert']),
            gte(signals.at, from),
            notExists(known),
          ),
        )
        .orderBy(asc(signals.at), asc(signals.seq))
        .limit(ARRIVALS_AT_ONCE);
      return rows.map((row) => row.signal);
    },

    /** Examples that an incident's timeline mentions. */
    async examplesOf(incident: Incident) {
      const rows = await orm
        .select({ signal: signals.signal })
        .from(signals)
        .innerJoin(timeline, eq(timeline.onceKey, ARRIVAL_KEY))
        .where(
          and(
            eq(signals.service, incident.service),
            eq(signals.type, 'example'),
            ne(signals.type, 'measurement'),
            eq(timeline.incidentId, incident.id),
          ),
        )
        .orderBy(asc(signals.at), asc(signals.seq))
        .limit(ARRIVALS_AT_ONCE);
      return rows.flatMap(({ signal }) => (signal.type === 'example' ? [signal] : []));
    },
  };
}
