import { resolve } from 'node:path';
import { createLogger } from '../adapters/log.ts';
import { createNarrator } from './demo/narrator.ts';
import { setStage } from './demo/stage.ts';
import { playStory } from './demo/story.ts';

/** A Monday, a quarter to three at night. */
const START = new Date('2026-11-23T02:42:00Z');

/** `npm run demo`: an incident from alert to golden case on this machine, no accounts needed. Fails when a step does. */
export async function demo(write: (line: string) => void): Promise<void> {
  const began = performance.now();
  const directory = resolve('demo-output');
  const stage = await setStage({
    directory,
    start: START,
    log: createLogger({ level: 'error', secrets: [] }),
  });
  try {
    const narrator = createNarrator(write, stage.clock);
    await playStory(stage, narrator);
    write('');
    write(
      `${narrator.count()} milestones in ${((performance.now() - began) / 1000).toFixed(1)} s. Everything is in ${directory}`,
    );
  } finally {
    await stage.close();
  }
}
