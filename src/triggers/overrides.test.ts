import { expect, it } from 'vitest';
import type { z } from 'zod';
import { HOUR, MINUTE } from '../time.ts';
import { overrideFields, rulesOf, unfitKeys } from './overrides.ts';
import { triggerRule } from './schema.ts';

const rule = (fields: Partial<z.input<typeof triggerRule>>) =>
  triggerRule.parse({
    title: 'Rule',
    source: '§D',
    kind: 'cost',
    severity: [{ beyond: '5x', is: 'SEV1' }, { is: 'SEV3' }],
    ...fields,
  });
const triggers = {
  eval_score_drop: rule({ slis: { completion: { drop: '5pp' }, refusals: { rise: '5pp' } } }),
  cost: rule({ slis: { cost: { ratio: 2, for: '15m' }, tokens: { ratio: 2, for: '15m' } } }),
  reports: rule({
    reports: {
      categories: ['wrong'],
      spike: { at_least: 3, within: '1h', against: '1d', p: 0.001 },
    },
  }),
  burn: rule({ burn_rate: {} }),
};
const own = (value: z.input<typeof overrideFields.triggers>) =>
  rulesOf({ triggers }, { triggers: overrideFields.triggers.parse(value) });

it('leaves the playbook as it is where a service says nothing', () => {
  expect(own({})).toEqual(triggers);
});

it('turns a trigger off', () => {
  expect(Object.keys(own({ cost: { off: true } }))).toEqual(['eval_score_drop', 'reports', 'burn']);
  expect(own({ cost: { off: false } })).toEqual(triggers);
});

it('changes a comparator of each SLI that has it, and how long it must last of all', () => {
  expect(own({ cost: { ratio: 2.5 } }).cost?.slis).toEqual({
    cost: { ratio: 2.5, for: 15 * MINUTE },
    tokens: { ratio: 2.5, for: 15 * MINUTE },
  });
  expect(
    own({ eval_score_drop: { drop: '8pp', for: '1h', min_samples: 100 } }).eval_score_drop,
  ).toMatchObject({
    slis: { completion: { drop: 0.08, for: HOUR }, refusals: { rise: 0.05, for: HOUR } },
    min_samples: 100,
  });
});

it('changes, adds and leaves out single SLIs', () => {
  const { cost } = own({ cost: { slis: { tokens: 'off', cost: { above: 0.1 }, mine: { ratio: 3 } } } });
  expect(cost?.slis).toEqual({ cost: { above: 0.1 }, mine: { ratio: 3 } });
});

it('changes severity, and parts of a spike and of burn rates', () => {
  expect(own({ cost: { severity: 'SEV1' } }).cost?.severity).toEqual([{ is: 'SEV1' }]);
  expect(own({ reports: { spike: { at_least: 5 } } }).reports?.reports?.spike).toEqual({
    ...triggers.reports.reports?.spike,
    at_least: 5,
  });
  expect(own({ burn: { burn_rate: { min_bad: 20 } } }).burn?.burn_rate).toEqual({
    ...triggers.burn.burn_rate,
    min_bad: 20,
  });
});

it('changes a spike of reports and of counts alike, and no `for` of it', () => {
  const counted = { ...triggers.reports, slis: rule({ slis: { blocked: { spike: {} } } }).slis };
  const change = { spike: { within: '2h', p: 0.01 }, for: '1h' };
  const changed = rulesOf(
    { triggers: { counted } },
    { triggers: overrideFields.triggers.parse({ counted: change }) },
  ).counted;
  const spike = { at_least: 3, within: 2 * HOUR, against: 24 * HOUR, p: 0.01 };
  expect(changed?.slis).toEqual({ blocked: { spike } });
  expect(changed?.reports?.spike).toEqual(spike);
  expect(unfitKeys(counted, overrideFields.triggers.parse({ counted: change }).counted ?? {})).toEqual([
    'for',
  ]);
});

it('knows what means nothing for a trigger', () => {
  const unfit = (
    name: keyof typeof triggers,
    change: NonNullable<z.input<typeof overrideFields.triggers>>[string],
  ) => unfitKeys(triggers[name], overrideFields.triggers.parse({ [name]: change })[name] ?? {});
  expect(unfit('cost', { drop: '5pp', ratio: 2.5, for: '1h' })).toEqual(['drop']);
  expect(unfit('reports', { above: 1, min_samples: 4, spike: {} })).toEqual(['above', 'min_samples']);
  expect(unfit('burn', { for: '1h', min_samples: 4, burn_rate: {}, severity: 'SEV1', off: true })).toEqual([
    'for',
  ]);
});
