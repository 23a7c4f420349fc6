import { createInterface } from 'node:readline/promises';
import { AppError } from '../../errors.ts';
import type { Ask } from './collect-answers.ts';

/**
 * Runs `work` with a person to ask; without one when input or output is no terminal.
 *
 * @throws AppError `invalid_input` when the person ends the input.
 */
export async function withTerminal(work: (ask: Ask | undefined) => Promise<void>): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    await work(undefined);
    return;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new Promise<never>((_resolve, reject) => {
    terminal.once('close', () => reject(new AppError('invalid_input', 'Left without an answer.')));
  });
  ended.catch(() => {});
  try {
    await work((question) => Promise.race([terminal.question(question), ended]));
  } finally {
    terminal.close();
  }
}
