import { expect, test } from 'vitest';
import { after, anIncident, NOW } from '../incidents/test-builders.ts';
import { caseLine } from './case-line.ts';
import { draftCases } from './golden-case.ts';
import { aCase, anExample } from './test-builders.ts';

const incident = anIncident();

test('a draft is redacted everywhere, and counts what was taken out', () => {
  const [drafted] = draftCases(
    incident,
    [
      anExample({
        input: 'I am ana@example.com',
        output: 'Hello ana@example.com',
        expected: 'Hello',
        context: ['server 10.0.0.1'],
        traceUrl: 'https://traces.example/1',
      }),
    ],
    NOW,
  );
  expect(drafted).toMatchObject({
    version: 0,
    incidentId: 'inc_a',
    input: 'I am [email]',
    observed: 'Hello [email]',
    expected: 'Hello',
    context: ['server [ip]'],
    traceUrl: 'https://traces.example/1',
    redacted: { email: 2, ip: 1 },
    state: 'draft',
    draftedAt: NOW,
  });
  expect(drafted?.id).toMatch(/^gc_[0-9a-f]{24}$/);
});

test('the same input of the same incident is one case, whenever it is drafted', () => {
  const first = draftCases(incident, [anExample(), anExample({ id: 'x2', output: 'Other' })], NOW);
  expect(first).toHaveLength(1);
  expect(draftCases(incident, [anExample()], after(60))[0]?.id).toBe(first[0]?.id);
  expect(draftCases(anIncident({ id: 'inc_b' }), [anExample()], NOW)[0]?.id).not.toBe(first[0]?.id);
});

test('inputs that differ only in what is redacted are one case', () => {
  const drafted = draftCases(
    incident,
    [anExample({ input: 'I am a@b.co' }), anExample({ input: 'I am c@d.co' })],
    NOW,
  );
  expect(drafted.map((each) => each.input)).toEqual(['I am [email]']);
});

test('five at most, every failure mode before any comes twice', () => {
  const examples = [
    ...['a', 'b', 'c', 'd', 'e', 'f'].map((input) => anExample({ input, failure: 'hallucination' })),
    anExample({ input: 'g', failure: 'refusal' }),
    anExample({ input: 'h', failure: 'unsafe' }),
    anExample({ input: 'i', failure: 'refusal' }),
  ];
  const drafted = draftCases(incident, examples, NOW);
  expect(drafted.map((each) => each.input)).toEqual(['a', 'g', 'h', 'b', 'i']);
});

test.each([
  [{}, 'core'],
  [{ origin: 'production' }, 'core'],
  [{ origin: 'escalation' }, 'edge'],
  [{ failure: 'unsafe' }, 'adversarial'],
  [{ failure: 'unsafe', origin: 'escalation' }, 'adversarial'],
] as const)('%j belongs to %s', (over, split) => {
  expect(draftCases(incident, [anExample(over)], NOW)[0]?.split).toBe(split);
});

test('no examples, no cases', () => {
  expect(draftCases(incident, [], NOW)).toEqual([]);
});

test('an approved case as a line: all keys always there, what is not known is null', () => {
  const line = caseLine(aCase({ state: 'approved', input: 'a\nb "c"', context: ['d'] }), incident);
  expect(line).not.toContain('\n');
  const { expected: _expected, ...bare } = aCase();
  expect(JSON.parse(caseLine(bare, incident))).toEqual({
    id: 'gc_1',
    input: 'May I return it after 40 days?',
    expected: null,
    context: [],
    split: 'core',
    tags: ['support-agent', 'hallucination'],
    metadata: {
      incident: 'INC-12',
      severity: 'SEV2',
      cause: 'unknown',
      failure: 'hallucination',
      model_version: null,
      prompt_version: null,
      source_trace_url: null,
      approved_by: null,
      approved_at: null,
      redacted: {},
    },
  });
});

test('a line says where the case comes from, and never what the service answered', () => {
  const fact = (value: string) => ({ value, from: 'signal:ci', at: NOW });
  const line = caseLine(
    aCase({
      reviewedBy: 'U_ANA',
      reviewedAt: after(5),
      redacted: { email: 1 },
      traceUrl: 'https://t.example/1',
    }),
    anIncident({ cause: 'model', facts: { current_model: fact('v42'), current_prompt: fact('p7') } }),
  );
  expect(JSON.parse(line).metadata).toMatchObject({
    cause: 'model',
    model_version: 'v42',
    prompt_version: 'p7',
    source_trace_url: 'https://t.example/1',
    approved_by: 'U_ANA',
    approved_at: '2026-11-21T10:05:00.000Z',
    redacted: { email: 1 },
  });
  expect(line).not.toContain('90 days');
});
