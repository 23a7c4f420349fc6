import { announcement } from '../../src/adapters/slack/messages/announcement.ts';
import {
  answer,
  helpMessage,
  incidentList,
  timelineTail,
} from '../../src/adapters/slack/messages/answers.ts';
import { escapeMrkdwn, type SlackMessage } from '../../src/adapters/slack/messages/blocks.ts';
import { incidentCard } from '../../src/adapters/slack/messages/card.ts';
import { entryMessage } from '../../src/adapters/slack/messages/entry.ts';
import { goldenCaseMessage } from '../../src/adapters/slack/messages/golden-case.ts';
import { holdMessage } from '../../src/adapters/slack/messages/hold.ts';
import { mitigationMessage } from '../../src/adapters/slack/messages/mitigation.ts';
import { proposalMessage } from '../../src/adapters/slack/messages/proposal.ts';
import { reviewMessage } from '../../src/adapters/slack/messages/review.ts';
import { serviceList, serviceTriggers } from '../../src/adapters/slack/messages/services.ts';
import {
  ANA,
  aChange,
  aDefinition,
  aFinding,
  aGoldenCase,
  aMitigation,
  anEntry,
  aProposal,
  BEN,
  cardOf,
  incidentIn,
  NOW,
  runbookOf,
  serviceWith,
  ticked,
} from '../../src/adapters/slack/messages/test-builders.ts';
import type { Phase } from '../../src/incidents/incident.ts';
import { ENTRY_KINDS } from '../../src/incidents/timeline.ts';
import { MITIGATION_STATES } from '../../src/mitigations/mitigation.ts';
import type { StepState } from '../../src/runbooks/next-steps.ts';
import type { RunbookPhase, StepDefinition } from '../../src/runbooks/schema.ts';
import { CHANGE_KINDS } from '../../src/signals/signal.ts';

const LONG = 5000;
const fill = (text: string): string => text.repeat(Math.ceil(LONG / text.length)).slice(0, LONG);

/** The first characters of a text, none of them cut in two. */
export const start = (text: string, length: number): string =>
  text.slice(0, length).replace(/[\ud800-\udbff]$/, '');

/** What somebody may put into a title, a reason, a label, an answer. */
export const HOSTILE: Readonly<Record<string, string>> = {
  mentions: fill('<!channel> <@U0BEN> <#C0INC12> <!subteam^S0ONCALL> <http://x|y> &amp; '),
  'all ampersands': fill('&'),
  'all brackets': fill('<'),
  'half an escape': fill('&amp'),
  backticks: fill('``` ` '),
  'turned direction': fill('\u202E\u2067abc\u200F'),
  newlines: fill('\n> *x*\r\n'),
  'white space': fill(' \t'),
  emoji: fill('😀'),
  'one word': fill('w'),
};

const minutesBefore = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);
const PHASES: readonly Phase[] = ['triage', 'scope', 'mitigate', 'post_incident', 'closed', 'cancelled'];
export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_each, index) => make(index));

/** Forty steps in each phase, of every kind, as long as a runbook may write them. */
export function longRunbook(words: string): StepDefinition[] {
  const title = start(words, 150);
  const hint = start(words, 1000);
  const phases: readonly RunbookPhase[] = ['triage', 'scope', 'mitigate', 'post_incident'];
  return phases.flatMap((phase) =>
    many(40, (index): StepDefinition => {
      const base = { id: `${'runbook'.repeat(8)}.${phase}_${index}`, phase, title, hint };
      if (phase === 'triage') return { ...base, kind: 'check' };
      if (phase === 'mitigate') return { ...base, kind: 'mitigate' };
      if (phase === 'post_incident') return { ...base, kind: 'note' };
      const options = many(20, (n) => ({
        value: n === 0 ? 'model' : `option_${n}_${'x'.repeat(48)}`,
        label: start(words, 74) || 'x',
      }));
      return { ...base, kind: 'choose', sets: 'cause', options };
    }),
  );
}

/** Forty steps that aire runs, at the end of the runbook's phases, as far as their states say. */
function runSteps(words: string): StepDefinition[] {
  return many(40, (index) => ({
    id: `read_${index}`,
    kind: 'query',
    phase: 'triage',
    title: start(words, 150),
    hint: start(words, 1000),
    query: 'up',
    healthy: { below: 1 },
    run: 'auto',
    timeout: 10_000,
  }));
}

const STATES: readonly Partial<StepState>[] = [
  { status: 'running', run: 'run_1' },
  { status: 'failed' },
  { outcome: 'not_ok', url: `https://x/${'u'.repeat(280)}` },
  { outcome: 'no_data' },
];

/** Every message there is, with these words wherever somebody else's may stand. */
export function messagesWith(words: string): ReadonlyMap<string, SlackMessage> {
  const runbook = runbookOf(longRunbook(words));
  const gathered = {
    dashboards: Object.fromEntries(
      many(8, (index) => [`${index}${start(words, 38)}`, `https://x/${'u'.repeat(480)}`]),
    ),
    vendors: many(8, (index) => ({
      name: `${'v'.repeat(39)}${index}`,
      status: `https://x/${'u'.repeat(480)}`,
      every: 'off' as const,
      contact: start(words, 200),
    })),
  };
  const facts = {
    ...Object.fromEntries(
      CHANGE_KINDS.flatMap((what) =>
        ['current', 'previous_good'].map((which) => [
          `${which}_${what}`,
          { value: `${which} ${words}`, from: 'signal:ci', at: NOW, detail: words },
        ]),
      ),
    ),
    ...Object.fromEntries(
      gathered.vendors.map(({ name }, index) => [
        `vendor_${name}`,
        {
          value: ['none', 'critical', 'unreadable', words][index % 4] ?? '',
          from: `vendor:${name}`,
          at: NOW,
          detail: words,
          url: `https://x/${'u'.repeat(480)}`,
        },
      ]),
    ),
  };
  const suspected = {
    suspected_change: {
      value: words,
      from: 'signal:ci',
      at: NOW,
      detail: words,
      url: `https://x/${'u'.repeat(240)}`,
    },
    suspected_cause: { value: 'model', from: 'signal:ci', at: NOW, detail: words },
    onset_shape: { value: words, from: 'step:onset_shape', at: NOW },
  };
  const onset = { from: minutesBefore(30), to: NOW, shape: 'gradual' } as const;
  const over = {
    title: words,
    reason: words,
    service: words,
    runbook,
    facts: { ...facts, ...suspected },
    onset,
  };
  const mitigable = serviceWith(
    Object.fromEntries(
      many(30, (index) => [
        `mitigation_${index}`,
        aDefinition({ title: start(words, 75), side_effects: start(words, 500) }),
      ]),
    ),
  );
  const service = { ...mitigable, ...gathered };
  const changes = many(30, (index) =>
    aChange({
      text: words,
      at: minutesBefore(index % 2 === 0 ? 30 : -30),
      url: `https://x/${'u'.repeat(900)}`,
    }),
  );
  const cards = PHASES.flatMap((phase) =>
    [0, 1, 20, 39].map((settled): [string, SlackMessage] => {
      const steps = Object.fromEntries(
        runbook.steps
          .filter((step) => step.phase === phase)
          .slice(0, settled)
          .map((step) => [step.id, ticked({ note: words, by: words })]),
      );
      const incident = incidentIn(phase, { ...over, steps, findings: many(30, String) });
      const findings = many(30, (index) => aFinding({ key: String(index), sli: start(words, 100) }));
      return [
        `card in ${phase}, ${settled} settled`,
        incidentCard(cardOf(incident, { service, findings, changes, examples: 1000 })),
      ];
    }),
  );
  const incident = incidentIn('mitigate', over);
  const parameters = {
    ...Object.fromEntries(many(29, (index) => [`${start(words, 40)}_${index}`, words])),
    current_model: `current ${words}`,
  };
  const mitigation = aMitigation({
    parameters,
    reason: words,
    detail: words,
    service: words,
    definition: aDefinition({ title: start(words, 75), side_effects: start(words, 500) }),
    request: {
      method: 'POST',
      url: `https://x/${encodeURIComponent('a'.repeat(LONG))}`,
      headers: {},
      body: '',
    },
  });
  const golden = aGoldenCase({ input: words, observed: words, expected: words, path: words });
  const review = {
    from: NOW,
    to: NOW,
    incidents: many(40, () => ({ incident, detection: '3 min', recovery: '10 min' })),
    indicators: many(60, () => ({
      service: words,
      title: words,
      value: '1 %',
      target: 'at most 2 %',
      state: 'missed' as const,
    })),
    triggers: {
      shadow: many(40, () => ({ service: words, times: 3, confirmed: 1, share: 1 / 3 })),
      rules: many(40, () => ({ trigger: words, declared: 1, answered: 2, share: 0.5, met: false })),
    },
    actionItems: many(40, (index) => ({
      overdue: true,
      item: {
        id: `act_${index}`,
        version: 1,
        incidentId: 'inc_a',
        service: words,
        what: words,
        owner: words,
        due: words,
        state: 'open' as const,
        addedBy: ANA,
        addedAt: NOW,
      },
    })),
  };
  const serviceState = {
    service: words,
    tier: 1,
    mode: 'propose',
    openIncidents: 1,
    triggers: many(40, () => ({
      trigger: words,
      title: words,
      state: 'live' as const,
      says: [words, words],
    })),
  };
  const reading = runSteps(words);
  const states = many(39, (index) => ticked({ note: words, by: words, ...STATES[index % STATES.length] }));
  const runs = incidentIn('triage', {
    ...over,
    runbook: runbookOf(reading),
    steps: Object.fromEntries(states.map((state, index) => [`read_${index}`, state])),
  });
  return new Map<string, SlackMessage>([
    ...cards,
    ['card of steps that aire runs', incidentCard(cardOf(runs, { service, changes, examples: 1000 }))],
    ...PHASES.map((phase): [string, SlackMessage] => [
      `announcement in ${phase}`,
      announcement(incidentIn(phase, { ...over, commander: words }), 'C0INC12'),
    ]),
    ...ENTRY_KINDS.map((kind): [string, SlackMessage] => [
      `entry ${kind}`,
      entryMessage(
        anEntry({
          kind,
          text: words,
          url: `https://x/${'u'.repeat(900)}`,
          actor: { kind: 'person', id: words },
          data: { finding: `eval_score_drop:${start(words, 100)}` },
        }),
      ),
    ]),
    ...MITIGATION_STATES.map((state): [string, SlackMessage] => [
      `mitigation ${state}`,
      mitigationMessage({ ...mitigation, state, decidedBy: BEN }, incident),
    ]),
    ['mitigation held', mitigationMessage({ ...mitigation, state: 'approved' }, incident, true)],
    ['hold', holdMessage({ since: NOW, reason: words }, Array(40).fill({ ...mitigation, decidedBy: words }))],
    ['hold released', holdMessage({ since: NOW, reason: words, releasedBy: words, releasedAt: NOW }, [])],
    ...(['draft', 'approved', 'rejected', 'committed'] as const).map((state): [string, SlackMessage] => [
      `golden case ${state}`,
      goldenCaseMessage({ ...golden, state, reviewedBy: words, commit: '0123456789' }),
    ]),
    ...(['open', 'declared', 'dismissed', 'recovered'] as const).map((state): [string, SlackMessage] => [
      `proposal ${state}`,
      proposalMessage(
        aProposal({ state, service: words, reason: words, answeredBy: words }),
        words,
        incident,
      ),
    ]),
    ['review', reviewMessage(review)],
    [
      'incident list',
      incidentList(
        many(20, () => incident),
        new Map([[incident.id, 'C0INC12']]),
      ),
    ],
    [
      'services',
      serviceList(
        many(40, () => serviceState),
        3,
      ),
    ],
    ['service', serviceTriggers(serviceState)],
    ['help', helpMessage(true)],
    ['answer', answer(escapeMrkdwn(words))],
    [
      'timeline',
      {
        text: 'timeline',
        blocks: timelineTail(many(30, () => anEntry({ text: words, actor: { kind: 'person', id: ANA } }))),
      },
    ],
  ]);
}
