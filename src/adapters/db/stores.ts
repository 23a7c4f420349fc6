import { and, asc, desc, eq, gte, lte, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { GoldenCase } from '../../golden-dataset/golden-case.ts';
import type { ServiceWatch } from '../../incidents/watch.ts';
import type { Installation } from '../../mitigations/installation.ts';
import type { Mitigation } from '../../mitigations/mitigation.ts';
import type { ActionItem } from '../../postmortems/action-item.ts';
import type { PostmortemDraft, PostmortemStore } from '../../postmortems/ports.ts';
import type { ReviewStore } from '../../reviews/ports.ts';
import type { ProposalCount } from '../../reviews/trigger-record.ts';
import type { Clock } from '../../time.ts';
import type { NewJob } from '../../verb.ts';
import { createBatcher } from './batcher.ts';
import type { Database } from './database.ts';
import { incidentQueries } from './incident-queries.ts';
import { insertJobs } from './jobs.ts';
import { measurementQueries } from './measurement-queries.ts';
import { isOneOf, UNNAMED } from './recordset.ts';
import { toActionItem, toGoldenCase, toInstallation, toMitigation } from './rows.ts';
import { createRunbookSnapshots } from './runbook-snapshots.ts';
import { type AnyChange, saveChange } from './save.ts';
import { isOnlyWatch, saveWatches } from './save-watches.ts';
import {
  actionItems,
  goldenCases,
  incidents,
  installation,
  mitigations,
  postmortems,
  proposals,
} from './tables.ts';

const proposalCount = z.object({
  service: z.string(),
  trigger: z.string(),
  declared: z.number(),
  dismissed: z.number(),
  shadow: z.number(),
  confirmed: z.number(),
});

/** The stores of all features over one database. `onSaved` is called after a commit that left jobs, with their kinds. */
export function createStores(database: Database, clock: Clock, onSaved: (kinds: readonly string[]) => void) {
  const { orm } = database;
  const saveWatch = createBatcher((watches: readonly ServiceWatch[]) => saveWatches(database, watches), {
    most: 100,
  });
  const runbooks = createRunbookSnapshots(database);
  const verifyingOf = orm
    .select()
    .from(mitigations)
    .where(and(isOneOf(mitigations.service, sql.placeholder('services')), eq(mitigations.state, 'verifying')))
    .prepare(UNNAMED);
  const stores = {
    ...incidentQueries(database, runbooks),
    ...measurementQueries(database),

    async mitigation(id: string): Promise<Mitigation | undefined> {
      const [row] = await orm.select().from(mitigations).where(eq(mitigations.id, id));
      return row === undefined ? undefined : toMitigation(row);
    },
    async mitigationsOf(incidentId: string): Promise<readonly Mitigation[]> {
      return (
        await orm
          .select()
          .from(mitigations)
          .where(eq(mitigations.incidentId, incidentId))
          .orderBy(asc(mitigations.seq))
      ).map(toMitigation);
    },
    verifying: createBatcher(
      async (services: readonly string[]): Promise<readonly (readonly Mitigation[])[]> => {
        const found = (await verifyingOf.execute({ services })).map(toMitigation);
        return services.map((service) => found.filter((mitigation) => mitigation.service === service));
      },
      { most: 50 },
    ),

    async approvedMitigations(): Promise<readonly Mitigation[]> {
      return (
        await orm
          .select()
          .from(mitigations)
          .where(eq(mitigations.state, 'approved'))
          .orderBy(asc(mitigations.seq))
      ).map(toMitigation);
    },
    async installation(): Promise<Installation | undefined> {
      const [row] = await orm.select().from(installation);
      return row === undefined ? undefined : toInstallation(row);
    },

    async goldenCase(id: string): Promise<GoldenCase | undefined> {
      const [row] = await orm.select().from(goldenCases).where(eq(goldenCases.id, id));
      return row === undefined ? undefined : toGoldenCase(row);
    },
    async goldenCasesOf(incidentId: string): Promise<readonly GoldenCase[]> {
      return (
        await orm
          .select()
          .from(goldenCases)
          .where(eq(goldenCases.incidentId, incidentId))
          .orderBy(asc(goldenCases.seq))
      ).map(toGoldenCase);
    },

    async postmortem(incidentId: string): Promise<PostmortemDraft | undefined> {
      return (await orm.select().from(postmortems).where(eq(postmortems.incidentId, incidentId)))[0];
    },
    async actionItem(id: string): Promise<ActionItem | undefined> {
      const [row] = await orm.select().from(actionItems).where(eq(actionItems.id, id));
      return row === undefined ? undefined : toActionItem(row);
    },
    async actionItemsOf(incidentId: string): Promise<readonly ActionItem[]> {
      return (
        await orm
          .select()
          .from(actionItems)
          .where(eq(actionItems.incidentId, incidentId))
          .orderBy(asc(actionItems.seq))
      ).map(toActionItem);
    },
    async openActionItems(): Promise<readonly ActionItem[]> {
      const rows = await orm
        .select()
        .from(actionItems)
        .where(eq(actionItems.state, 'open'))
        .orderBy(sql`${actionItems.due} asc nulls last`, asc(actionItems.seq))
        .limit(100);
      return rows.map(toActionItem);
    },

    async incidentsForReview(from: Date, to: Date) {
      const rows = await orm
        .select()
        .from(incidents)
        .where(
          or(
            and(gte(incidents.declaredAt, from), lte(incidents.declaredAt, to)),
            sql`${incidents.phase} in ('triage', 'scope', 'mitigate')`,
          ),
        )
        .orderBy(desc(incidents.declaredAt))
        .limit(50);
      return runbooks.incidentsOf(rows);
    },

    async proposalCounts(from: Date, to: Date): Promise<readonly ProposalCount[]> {
      const rows = await database.rows(sql`
        select p.service, p.trigger,
          count(*) filter (where p.state = 'declared' and p.answered_by is not null)::int as declared,
          count(*) filter (where p.state = 'dismissed')::int as dismissed,
          count(*) filter (where p.state = 'shadow')::int as shadow,
          count(*) filter (where p.state = 'shadow' and exists (
            select 1 from ${incidents} i
            where i.service = p.service and i.phase <> 'cancelled' and i.declared_by ->> 'kind' = 'person'
              and i.started_at <= coalesce(p.answered_at, ${to.toISOString()}::timestamptz)
              and coalesce(i.resolved_at, 'infinity'::timestamptz) >= p.at))::int as confirmed
        from ${proposals} p
        where p.at >= ${from.toISOString()}::timestamptz and p.at <= ${to.toISOString()}::timestamptz
        group by p.service, p.trigger
        order by p.service, p.trigger
        limit 1000`);
      return rows.map((row) => proposalCount.parse(row));
    },

    save: (change: AnyChange) => {
      if (isOnlyWatch(change)) return saveWatch(change.watch);
      for (const { runbook } of change.incidents ?? []) runbooks.keep(runbook);
      return saveChange(database, change, clock.now(), onSaved);
    },

    /** Jobs without any other change: an answer to tell, a review to post. */
    async enqueue(...newJobs: readonly NewJob[]): Promise<void> {
      await database.transaction((tx) => insertJobs(tx, newJobs, clock.now()));
      onSaved(newJobs.map(({ kind }) => kind));
    },
  };
  return stores satisfies PostmortemStore & ReviewStore;
}

export type Stores = ReturnType<typeof createStores>;
