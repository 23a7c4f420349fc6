import type { PolledPart } from './polled-series.ts';

/** What one statement stores well within its time, and what is prepared for it without keeping others waiting. */
const MOST = 1000;

/** What is known of one SLI at one moment. */
export interface PolledMoment {
  readonly sli: string;
  readonly at: Date;
  readonly parts: readonly PolledPart[];
}

/**
 * What a poll stores, in pieces of about a thousand parts, oldest first. A moment of an SLI is never divided: the newest
 * one that is stored says from where the next poll goes on, so that a crash between two pieces loses nothing.
 */
export function inChunks(moments: readonly PolledMoment[]): readonly (readonly PolledMoment[])[] {
  const chunks: PolledMoment[][] = [];
  let size = 0;
  for (const moment of moments.toSorted((a, b) => a.at.getTime() - b.at.getTime())) {
    size += moment.parts.length;
    const chunk = chunks.at(-1);
    if (chunk !== undefined && size <= MOST) chunk.push(moment);
    else {
      chunks.push([moment]);
      size = moment.parts.length;
    }
  }
  return chunks;
}
