import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { SliUnit } from '../../services/slis.ts';
import { SECOND } from '../../time.ts';
import { type Check, inOrder } from '../../triggers/evidence.ts';
import { atLine, type CsvLine, readCsv } from './read-csv.ts';

const COLUMNS = {
  needed: ['timestamp', 'value'],
  known: ['timestamp', 'value', 'samples', 'window_s', 'sli'],
};
const time = z.iso.datetime({ offset: true });

/** The lines of a file of measurements. @throws AppError `invalid_input`. */
export function readMeasurements(text: string): readonly CsvLine[] {
  const lines = readCsv(text, COLUMNS);
  if (lines.length === 0)
    throw new AppError('invalid_input', 'The file has no measurements: a header, and no line after it.');
  return lines;
}

/** A series of one SLI, oldest first, one check a moment, and what was done to the file to get there. */
export interface Series {
  readonly checks: readonly Check[];
  readonly notes: readonly string[];
}

/** Reads the lines as checks of an SLI with this unit. @throws AppError `invalid_input` at the first bad line. */
export function readSeries(lines: readonly CsvLine[], unit: SliUnit): Series {
  const read = lines.map((line) => checkOf(line, unit));
  const checks = inOrder(read);
  const isSorted = read.every((check, index) => index === 0 || check.at >= (read[index - 1] ?? check).at);
  const repeats = read.length - checks.length;
  return {
    checks,
    notes: [
      ...(isSorted ? [] : ['The lines were not in order of time; they are now.']),
      ...(repeats === 0
        ? []
        : [
            `${repeats} ${repeats === 1 ? 'line has' : 'lines have'} the time of another: exact repeats count once, others are one check weighted by samples.`,
          ]),
    ],
  };
}

function checkOf({ line, fields }: CsvLine, unit: SliUnit): Check {
  const { timestamp = '', value: written = '', samples, window_s } = fields;
  const value = numberOf(written);
  if (value === undefined)
    throw atLine(line, `value "${written}" is no number. Write one such as 0.95, or leave the line out`);
  if (unit === 'rate' && (value < 0 || value > 1)) {
    const hint = value > 1 && value <= 100 ? ` (${+(value / 100).toPrecision(6)}, not ${value})` : '';
    throw atLine(line, `value ${written} is outside 0–1; rates are fractions${hint}`);
  }
  return {
    at: momentOf(line, timestamp),
    value,
    ...amount(line, 'samples', samples, (count) => count >= 0 && Number.isInteger(count)),
    ...amount(line, 'windowSeconds', window_s, (seconds) => seconds > 0),
    inIncident: false,
  };
}

function amount(
  line: number,
  name: 'samples' | 'windowSeconds',
  text: string | undefined,
  isFine: (amount: number) => boolean,
): Partial<Record<typeof name, number>> {
  if (text === undefined || text === '') return {};
  const found = numberOf(text);
  if (found === undefined || !isFine(found)) {
    const what = name === 'samples' ? 'samples' : 'window_s';
    throw atLine(line, `${what} "${text}" is no ${name === 'samples' ? 'count' : 'number of seconds'}`);
  }
  return { [name]: found };
}

/** RFC 3339, or seconds since 1970. */
function momentOf(line: number, text: string): Date {
  const seconds = numberOf(text);
  if (seconds !== undefined && seconds >= 0 && seconds < 1e11) return new Date(seconds * SECOND);
  if (seconds !== undefined)
    throw atLine(line, `timestamp ${text} is not in seconds since 1970; divide milliseconds by 1000`);
  if (!time.safeParse(text).success)
    throw atLine(line, `timestamp "${text}" can't be read. Write 2026-11-21T10:00:00Z or unix seconds`);
  return new Date(text);
}

function numberOf(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
