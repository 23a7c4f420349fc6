import { AppError } from '../errors.ts';
import { AIRE } from '../incidents/incident.ts';
import { say } from '../incidents/jobs.ts';
import { entry } from '../incidents/timeline.ts';
import type { PostmortemChange, PostmortemDeps } from './ports.ts';
import { peopleIn, postmortemFileName, postmortemValues } from './postmortem.ts';

/**
 * Drafts the postmortem from what is known now and says once where it is. Drafted again, it replaces only what
 * aire itself wrote: a document that a person has edited is left alone.
 *
 * @throws AppError `not_found`, `template_invalid`.
 */
export async function writePostmortem(deps: PostmortemDeps, incidentId: string): Promise<void> {
  const { store } = deps;
  const incident = await store.incident(incidentId);
  if (incident === undefined) throw new AppError('not_found', 'That incident is not known here.');
  const [timeline, mitigations, goldenCases, actionItems, known] = await Promise.all([
    store.timeline(incidentId),
    store.mitigationsOf(incidentId),
    store.goldenCasesOf(incidentId),
    store.actionItemsOf(incidentId),
    store.postmortem(incidentId),
  ]);
  // A refresh asked for by a new case or action item makes no postmortem of an incident that has none yet.
  if (known === undefined && incident.resolvedAt === undefined) return;
  const evidence = {
    incident,
    timeline,
    mitigations,
    goldenCases,
    actionItems,
    ownSlis: deps.services.get(incident.service)?.slis ?? {},
  };
  const names = new Map(
    await Promise.all(
      [...peopleIn(evidence)].map(async (id): Promise<[string, string]> => [id, await deps.people.name(id)]),
    ),
  );
  const text = deps.templates.render('postmortem.md', postmortemValues({ ...evidence, names }));
  const { path, hash, written } = await deps.documents.write(
    postmortemFileName(incident),
    text,
    known === undefined ? {} : { ifUnchangedFrom: known.hash },
  );
  if (!written || hash === known?.hash) return;

  const context = { now: deps.clock.now(), newId: deps.newId };
  const said = entry(context, incident, AIRE, 'postmortem_drafted', `Postmortem drafted: ${path}`, {
    data: { path },
    onceKey: 'postmortem_drafted',
  });
  const change: PostmortemChange = {
    postmortems: [{ incidentId, version: known?.version ?? 0, path, hash, draftedAt: context.now }],
    ...(known === undefined ? { timeline: [said], jobs: [say(said)] } : {}),
  };
  if ((await store.save(change)) === 'conflict')
    throw new AppError('conflict', 'The postmortem was drafted twice at the same moment.');
}
