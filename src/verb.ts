import { AppError } from './errors.ts';

/** A piece of work to do after commit. Handlers live in the adapters; features only ask for it. */
export interface NewJob {
  readonly kind: string;
  /** One job of a lane runs at a time: a Slack channel, an incident's mitigation. */
  readonly lane: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Jobs with a key are inserted once; `coalesce` allows the key again when no such job is waiting. */
  readonly key?: string;
  readonly coalesce?: boolean;
  /** Default: at once. */
  readonly dueAt?: Date;
}

/** What a decision asks to be written (`undefined`: nothing to do) and what it tells its caller. */
export interface Decision<Change, Result> {
  readonly change: Change | undefined;
  readonly result: Result;
}

/** Where a verb's state comes from and goes to. `save` is one transaction; `conflict` means somebody was faster. */
export interface UnitOfWork<State, Change> {
  load(): Promise<State>;
  save(change: Change): Promise<'saved' | 'conflict'>;
}

const MAX_ATTEMPTS = 8;

/**
 * Every state change of the product: load → decide → save (design §4). `decide` is pure, so that a
 * conflict can simply load and decide again.
 *
 * @throws AppError `conflict` after {@link MAX_ATTEMPTS} lost races; whatever `decide` throws.
 */
export async function runVerb<State, Change, Result>(
  work: UnitOfWork<State, Change>,
  decide: (state: State) => Decision<Change, Result>,
): Promise<Result> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const decision = decide(await work.load());
    if (decision.change === undefined) return decision.result;
    if ((await work.save(decision.change)) === 'saved') return decision.result;
  }
  throw new AppError('conflict', 'Several people changed this at the same moment. Please try again.');
}
