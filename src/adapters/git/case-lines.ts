import { AppError } from '../../errors.ts';

/**
 * JSONL text with the line of this case added, or replaced where it stands. Lines that are not ours or
 * cannot be read stay as they are.
 *
 * @throws AppError `invalid_input` when the line is not one JSON object whose `id` is the case's.
 */
export function upsertCaseLine(text: string, caseId: string, line: string): string {
  if (/[\r\n]/.test(line) || idOf(line) !== caseId) {
    throw new AppError(
      'invalid_input',
      `The line of golden case ${caseId} is not one line of JSON with that id. Nothing was written.`,
    );
  }
  const lines = text.split(/\r?\n/).filter((present) => present.trim() !== '');
  const place = lines.findIndex((present) => idOf(present) === caseId);
  const others = lines.filter((present) => idOf(present) !== caseId);
  return `${others.toSpliced(place < 0 ? others.length : place, 0, line).join('\n')}\n`;
}

function idOf(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' && 'id' in value ? value.id : undefined;
  } catch {
    return undefined;
  }
}
