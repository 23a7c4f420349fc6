import type { Sample } from '../runbooks/judge.ts';
import type { Pager } from './pager.ts';

/** An answer over HTTP, or in words why there is none. */
export type ReadAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly truncated: boolean }
  | { readonly kind: 'failed'; readonly reason: string };

/** One request that only reads. */
export interface ReadRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** `${AIRE_SECRET_…}` is replaced when it is sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

export type QueryAnswer =
  | { readonly kind: 'samples'; readonly samples: readonly Sample[]; readonly url: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** What steps read with. None throws for what the other side does. */
export interface StepReaders {
  readonly read: (request: ReadRequest) => Promise<ReadAnswer>;
  readonly query: (input: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly query: string;
    readonly timeoutMs: number;
  }) => Promise<QueryAnswer>;
  /** Undefined: paging is off. */
  readonly pager: Pager | undefined;
}
