import type { MitigationDefinition } from './schema.ts';

export const MITIGATION_STATES = [
  'requested',
  'approved',
  'running',
  'verifying',
  'succeeded',
  'failed',
  'unknown',
  'rejected',
  'expired',
] as const;
/** requested → approved → running → verifying → succeeded | failed | unknown; or rejected, expired (design §2). */
export type MitigationState = (typeof MITIGATION_STATES)[number];

/** The outgoing request with its values inserted. Secrets stay as `${AIRE_SECRET_…}` until it is sent. */
export interface FrozenRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Something that changes the world, from request to proof. Its parameters are frozen when it is requested. */
export interface Mitigation {
  readonly id: string;
  readonly version: number;
  readonly incidentId: string;
  readonly service: string;
  /** Its name in the service file. */
  readonly name: string;
  readonly definition: MitigationDefinition;
  readonly request: FrozenRequest;
  /** What an approval is for: these exact parameters. */
  readonly parametersHash: string;
  /** The values that people see: from → to and whatever else the request names. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly state: MitigationState;
  readonly twoPerson: boolean;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly decidedBy?: string;
  readonly decidedAt?: Date;
  readonly sentAt?: Date;
  readonly ranAt?: Date;
  readonly endedAt?: Date;
  /** What the target or the verification said last, in words. */
  readonly detail?: string;
}

/** It still may change the world or is being proven. */
export function isUnderWay(mitigation: Pick<Mitigation, 'state'>): boolean {
  return (
    mitigation.state === 'requested' ||
    mitigation.state === 'approved' ||
    mitigation.state === 'running' ||
    mitigation.state === 'verifying'
  );
}
