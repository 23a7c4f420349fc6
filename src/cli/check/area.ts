import { SECOND } from '../../time.ts';

/** What became of one part of `aire check`, in a line; `faults` say where, what and what to do. */
export interface Area {
  readonly name: string;
  readonly said: string;
  /** `unchecked`: nothing is known to be wrong, and not everything could be looked at. */
  readonly state: 'fine' | 'wrong' | 'unchecked';
  readonly faults: readonly string[];
  /** What is no fault and good to know, a line each. */
  readonly notes?: readonly string[];
}

/** An area with these faults, or fine. */
export function areaOf(name: string, said: string, faults: readonly string[] = []): Area {
  if (faults.length === 0) return { name, said, state: 'fine', faults };
  return { name, said: faults.length === 1 ? '1 fault' : `${faults.length} faults`, state: 'wrong', faults };
}

/** An area nothing can be said of, and why. */
export function unchecked(name: string, why: string): Area {
  return { name, said: why, state: 'unchecked', faults: [] };
}

/** How long an area may take: each request in it has a limit of its own. */
const PATIENCE = 30 * SECOND;

/** The area, or that it took too long. */
export async function inTime(name: string, area: Promise<Area>, patience = PATIENCE): Promise<Area> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Area>((resolve) => {
    timer = setTimeout(
      () => resolve(unchecked(name, `could not be checked: no end after ${patience / SECOND} s`)),
      patience,
    );
  });
  try {
    return await Promise.race([area, late]);
  } finally {
    clearTimeout(timer);
  }
}

const MARKS = { fine: '✓', wrong: '✗', unchecked: '–' } as const;

/** `✓ Slack: workspace acme, 4 channels, people and groups` */
export function lineOf({ name, said, state }: Area): string {
  return `${MARKS[state]} ${name}: ${said}`;
}
