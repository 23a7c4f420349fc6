import { z } from 'zod';

const MOST = 50;
const LONGEST_NAME = 100;
const LONGEST_VALUE = 200;

/**
 * What the sender of a signal tells it apart by: names and texts. Checked by hand: as a record of zod's they take as long
 * as all else of a measurement.
 */
export const labels = z.custom<Record<string, string>>((given) => faultOf(given) === undefined, {
  error: ({ input }) => faultOf(input),
});

function faultOf(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return 'send an object of names and texts';
  const entries = Object.entries(given);
  if (entries.length > MOST) return `send ${MOST} labels at most`;
  for (const [name, value] of entries) {
    if (isLonger(name, LONGEST_NAME)) return `a name is longer than ${LONGEST_NAME} characters`;
    if (name === '__proto__') return 'none can be called __proto__';
    if (typeof value !== 'string') return `${name} is no text`;
    if (isLonger(value, LONGEST_VALUE)) return `${name} is longer than ${LONGEST_VALUE} characters`;
  }
  return undefined;
}

/** In characters, as all other text of a signal is measured; an emoji is one. */
function isLonger(text: string, most: number): boolean {
  return text.length > most && [...text].length > most;
}
