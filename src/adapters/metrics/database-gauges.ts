import { Gauge, type Registry } from 'prom-client';
import { MITIGATION_STATES } from '../../mitigations/mitigation.ts';
import { SEVERITIES } from '../../triggers/severity.ts';

/** What gauges show of the database. Ages are in seconds, undefined when nothing is due. */
export interface DatabaseFigures {
  readonly jobs: { readonly ready: number; readonly running: number; readonly dead: number };
  readonly oldestDueSeconds: number | undefined;
  readonly openProposals: number;
  readonly openIncidents: Readonly<Record<string, number>>;
  readonly mitigations: Readonly<Record<string, number>>;
}

/** Gauges that are set once a scrape, from figures that were read in one query. */
export function databaseGauges(registry: Registry) {
  const registers = [registry];
  const up = new Gauge({
    name: 'aire_database_up',
    help: '1 when the database answered this scrape; without it the figures it knows are absent.',
    registers,
  });
  const jobs = new Gauge({
    name: 'aire_outbox_jobs',
    help: 'Jobs of the outbox by state: ready (due or not yet), running, dead (given up).',
    labelNames: ['state'],
    registers,
  });
  const oldest = new Gauge({
    name: 'aire_outbox_oldest_due_age_seconds',
    help: 'For how long the oldest due job has been waiting; 0 when nothing is due.',
    registers,
  });
  const incidents = new Gauge({
    name: 'aire_incidents_open',
    help: 'Open incidents by severity.',
    labelNames: ['severity'],
    registers,
  });
  const proposals = new Gauge({
    name: 'aire_proposals_open',
    help: 'Proposals to declare an incident that nobody has answered.',
    registers,
  });
  const mitigations = new Gauge({
    name: 'aire_mitigations',
    help: 'Mitigations by state.',
    labelNames: ['state'],
    registers,
  });
  return {
    /** Shows the figures; undefined when the database did not answer. */
    show(figures: DatabaseFigures | undefined): void {
      up.set(figures === undefined ? 0 : 1);
      if (figures === undefined) {
        for (const gauge of [jobs, incidents, mitigations]) gauge.reset();
        // Resetting one without labels would show zero.
        for (const gauge of [oldest, proposals]) gauge.remove();
        return;
      }
      for (const [state, n] of Object.entries(figures.jobs)) jobs.set({ state }, n);
      oldest.set(Math.max(0, figures.oldestDueSeconds ?? 0));
      for (const severity of SEVERITIES) incidents.set({ severity }, figures.openIncidents[severity] ?? 0);
      proposals.set(figures.openProposals);
      for (const state of MITIGATION_STATES) mitigations.set({ state }, figures.mitigations[state] ?? 0);
    },
  };
}
