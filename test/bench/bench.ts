import type { DurablePostgres } from './postgres.ts';

/** One line of the table at the end. */
export interface Figure {
  readonly figure: string;
  readonly goal: string;
  readonly measured: string;
  /** Undefined without a goal. */
  readonly met?: boolean;
}

/** What a measurement runs with. */
export interface BenchContext {
  readonly postgres: DurablePostgres;
  readonly rounds: number;
  readonly soakSeconds: number;
  /** Prints a line as it happens. */
  readonly say: (line: string) => void;
}

/** A measurement: what it did it says line by line, what came out it returns. */
export type Bench = (context: BenchContext) => Promise<readonly Figure[]>;
