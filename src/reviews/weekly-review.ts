import { type Incident, isOpen } from '../incidents/incident.ts';
import type { ActionItem } from '../postmortems/action-item.ts';
import type { ServiceIdentity } from '../services/schema.ts';
import { formatSliValue, sliDefinition } from '../services/slis.ts';
import { DAY, formatDuration } from '../time.ts';
import type { TriggerSettings } from '../triggers/schema.ts';
import { type ProposalCount, type TriggerRecord, triggerRecord } from './trigger-record.ts';

/** The mean of an SLI over the review's week; undefined where nothing was measured. */
export interface IndicatorMean {
  readonly service: string;
  readonly sli: string;
  readonly mean: number;
}

export interface ReviewEvidence {
  readonly from: Date;
  readonly to: Date;
  readonly services: readonly (ServiceIdentity & Pick<TriggerSettings, 'declare'>)[];
  /** Declared in the week, or still open. */
  readonly incidents: readonly Incident[];
  readonly means: readonly IndicatorMean[];
  readonly openActionItems: readonly ActionItem[];
  readonly proposals: readonly ProposalCount[];
}

/** One indicator against its target (reference §K): met, missed, or nobody knows. */
export interface IndicatorLine {
  readonly service: string;
  readonly title: string;
  readonly value: string;
  readonly target: string;
  readonly state: 'met' | 'missed' | 'no_data';
}

export interface IncidentLine {
  readonly incident: Incident;
  readonly detection: string;
  readonly recovery: string;
}

export interface ActionItemLine {
  readonly item: ActionItem;
  readonly overdue: boolean;
}

/** The weekly reliability review: incidents, indicators, triggers, action items. */
export interface WeeklyReview {
  readonly from: Date;
  readonly to: Date;
  readonly incidents: readonly IncidentLine[];
  readonly indicators: readonly IndicatorLine[];
  readonly actionItems: readonly ActionItemLine[];
  readonly triggers: TriggerRecord;
}

export const REVIEW_WINDOW = 7 * DAY;

/** What the review says, from evidence only: an indicator that was not measured is "no data", never zero. */
export function weeklyReview(evidence: ReviewEvidence): WeeklyReview {
  return {
    from: evidence.from,
    to: evidence.to,
    incidents: evidence.incidents.map((incident) => ({
      incident,
      detection: formatDuration(incident.detectedAt.getTime() - incident.startedAt.getTime()),
      recovery:
        incident.mitigatedAt === undefined
          ? isOpen(incident)
            ? 'not yet mitigated'
            : 'never mitigated'
          : formatDuration(incident.mitigatedAt.getTime() - incident.startedAt.getTime()),
    })),
    indicators: evidence.services.flatMap((service) => indicatorsOf(service, evidence.means)),
    triggers: triggerRecord(evidence.services, evidence.proposals),
    actionItems: evidence.openActionItems.map((item) => ({
      item,
      overdue: item.due !== undefined && item.due < evidence.to.toISOString().slice(0, 10),
    })),
  };
}

function indicatorsOf(service: ServiceIdentity, means: readonly IndicatorMean[]): readonly IndicatorLine[] {
  return Object.entries(service.slos).map(([sli, slo]) => {
    const definition = sliDefinition(sli, service.slis);
    const format = (value: number): string => formatSliValue(value, definition.unit);
    const target =
      slo.at_least === undefined ? `at most ${format(slo.at_most ?? 0)}` : `at least ${format(slo.at_least)}`;
    const mean = means.find((each) => each.service === service.service && each.sli === sli)?.mean;
    const common = { service: service.service, title: definition.title, target };
    if (mean === undefined) return { ...common, value: 'no data', state: 'no_data' };
    const met = slo.at_least === undefined ? mean <= (slo.at_most ?? 0) : mean >= slo.at_least;
    return { ...common, value: format(mean), state: met ? 'met' : 'missed' };
  });
}
