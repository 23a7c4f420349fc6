import { expect, test } from 'vitest';
import { after, NOW } from '../incidents/test-builders.ts';
import { addActionItem, completeActionItem } from './add-action-item.ts';
import { postmortemDeps } from './test-builders.ts';
import { writePostmortem } from './write-postmortem.ts';

const NAME = '2026-11-21-inc-12-support-agent.md';

test('a draft is written, and said once where it is', async () => {
  const { deps, base, drafts, files } = postmortemDeps();
  await writePostmortem(deps, 'inc_a');
  expect(files.get(NAME)).toContain('"incident":"INC-12"');
  expect(drafts.get('inc_a')).toMatchObject({ path: `postmortems/${NAME}`, draftedAt: NOW });
  expect(base.entries.map((entry) => entry.text)).toEqual([`Postmortem drafted: postmortems/${NAME}`]);
  expect(base.jobs.map((job) => job.kind)).toEqual(['incident.say']);
});

test('drafted anew it replaces what aire wrote, without saying so again', async () => {
  const { deps, base, drafts, files } = postmortemDeps();
  await writePostmortem(deps, 'inc_a');
  const first = drafts.get('inc_a')?.hash;
  await writePostmortem(deps, 'inc_a');
  await writePostmortem(deps, 'inc_a');
  expect(files.get(NAME)).toContain('Postmortem drafted');
  expect(drafts.get('inc_a')?.hash).not.toBe(first);
  expect(base.entries).toHaveLength(1);
});

test('a document that a person has edited is left alone', async () => {
  const { deps, drafts, files } = postmortemDeps();
  await writePostmortem(deps, 'inc_a');
  const before = drafts.get('inc_a');
  files.set(NAME, 'edited by Ana');
  await writePostmortem(deps, 'inc_a');
  expect(files.get(NAME)).toBe('edited by Ana');
  expect(drafts.get('inc_a')).toEqual(before);
});

test('an incident that was never resolved has none; one that was reopened keeps its own', async () => {
  const { deps, base, files } = postmortemDeps();
  const incident = base.incidents.get('inc_a');
  if (incident === undefined) throw new Error('no incident');
  const { resolvedAt: _resolved, ...open } = incident;
  base.incidents.seed({ ...open, phase: 'mitigate' });
  await writePostmortem(deps, 'inc_a');
  expect(files.size).toBe(0);
  base.incidents.seed(incident);
  await writePostmortem(deps, 'inc_a');
  base.incidents.seed({ ...open, phase: 'mitigate', title: 'Reopened' });
  await writePostmortem(deps, 'inc_a');
  expect(files.get(NAME)).toContain('Reopened');
});

const input = { incidentId: 'inc_a', what: '  Add a gate ', by: 'U_ANA', onceKey: 'k1' };

test('an action item is added once, however often it is sent', async () => {
  const { deps, base, items } = postmortemDeps();
  await Promise.all([
    addActionItem(deps, { ...input, owner: 'U_BEN', due: '2026-12-01' }),
    addActionItem(deps, { ...input, owner: 'U_BEN', due: '2026-12-01' }),
  ]);
  await addActionItem(deps, input);
  expect(items.all()).toMatchObject([
    { what: 'Add a gate', owner: 'U_BEN', due: '2026-12-01', state: 'open', addedBy: 'U_ANA', addedAt: NOW },
  ]);
  expect(base.entries.map((entry) => entry.text)).toEqual(['Action item: Add a gate (due 2026-12-01)']);
  expect(base.jobs.map((job) => job.kind)).toContain('postmortem.draft');
});

test('an action item needs words and an incident', async () => {
  const { deps } = postmortemDeps();
  await expect(addActionItem(deps, { ...input, what: ' ' })).rejects.toThrow('Say what is to be done.');
  await expect(addActionItem(deps, { ...input, incidentId: 'inc_x' })).rejects.toThrow(
    'That incident is not known here.',
  );
});

test('ticking an item twice changes nothing', async () => {
  const { deps, base, items } = postmortemDeps();
  await addActionItem(deps, input);
  const itemId = items.all()[0]?.id ?? '';
  await Promise.all([
    completeActionItem(deps, { itemId, by: 'U_BEN' }),
    completeActionItem(deps, { itemId, by: 'U_ANA' }),
  ]);
  expect(items.get(itemId)).toMatchObject({ state: 'done', doneAt: after(0) });
  expect(base.entries.map((entry) => entry.text)).toEqual([
    'Action item: Add a gate',
    'Action item done: Add a gate',
  ]);
  await expect(completeActionItem(deps, { itemId: 'act_x', by: 'U_ANA' })).rejects.toThrow(
    'That action item is not known here.',
  );
});
