import { describe, expect, it } from 'vitest';
import { answer, helpMessage, incidentList, timelineTail } from './answers.ts';
import { serviceList, serviceTriggers } from './services.ts';
import { ANA, anEntry, expectGolden, incidentIn } from './test-builders.ts';

describe('answers to commands', () => {
  it('help', () => expectGolden('help', helpMessage(false)));
  it('help in an incident channel', () => expectGolden('help-in-incident', helpMessage(true)));
  it('no open incidents', () => expectGolden('incident-list-empty', incidentList([], new Map())));

  it('open incidents', () => {
    const open = [
      incidentIn('scope', { id: 'inc_b', number: 13, commander: ANA, severity: 'SEV1' }),
      incidentIn('triage'),
    ];
    expectGolden('incident-list', incidentList(open, new Map([['inc_b', 'C0INC13']])));
  });

  it('a plain answer', () => expectGolden('answer', answer('Done.')));

  it('services and what their triggers see', () => {
    const triggers = [
      {
        trigger: 'score',
        title: 'Eval score drop',
        state: 'live',
        says: ['Task completion rate 95.0 %, 5 min ago'],
      },
      { trigger: 'latency', title: 'Latency', state: 'silent', says: ['Latency p95 1.00 s, 3 h ago'] },
      { trigger: 'x', title: 'R <!channel>', state: 'not_evaluable', says: ['Retrieval precision: no data'] },
    ] as const;
    const service = { service: 'support-agent', tier: 1, mode: 'propose', openIncidents: 1, triggers };
    const other = { ...service, service: 'translate', openIncidents: 0, triggers: [] };
    expectGolden('services', serviceList([service, other], 3));
    expectGolden('services-none', serviceList([], 0));
    expectGolden('service-triggers', serviceTriggers(service));
  });

  it('the tail of a timeline keeps the last entries', () => {
    const entries = Array.from({ length: 12 }, (_each, index) =>
      anEntry({ id: `ent_${index}`, text: `entry ${index}.`, actor: { kind: 'person', id: ANA } }),
    );
    const shown = JSON.stringify(timelineTail(entries));
    expect(shown).not.toContain('entry 3.');
    expect(shown).toContain('entry 4.');
    expect(shown).toContain(`<@${ANA}> entry 11.`);
    expect(timelineTail([])).toEqual([]);
  });
});
