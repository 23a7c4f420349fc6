/** A query over a time: its value at `from`, and every `step` milliseconds until `to`. */
export interface RangeQuery {
  readonly url: string;
  /** `${AIRE_SECRET_…}` is replaced when it is sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: string;
  readonly from: Date;
  readonly to: Date;
  readonly step: number;
  readonly timeoutMs: number;
}

export interface Point {
  readonly at: Date;
  /** May be NaN or infinite. */
  readonly value: number;
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
}

/** `fault`: the service file must be mended, asking again does not help. `failed`: there is no answer now. */
export type RangeAnswer =
  | { readonly kind: 'series'; readonly series: readonly Series[]; readonly warning?: string }
  | { readonly kind: 'fault'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };
