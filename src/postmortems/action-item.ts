/** Work that follows from an incident: specific, assigned, time-bound (reference §H). */
export interface ActionItem {
  readonly id: string;
  readonly version: number;
  readonly incidentId: string;
  readonly service: string;
  readonly what: string;
  /** Slack id of the person who does it; nobody yet is said so wherever it is shown. */
  readonly owner?: string;
  /** Due date, `YYYY-MM-DD`. */
  readonly due?: string;
  readonly state: 'open' | 'done';
  readonly addedBy: string;
  readonly addedAt: Date;
  readonly doneAt?: Date;
}
