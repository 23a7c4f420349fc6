import { AppError } from '../../errors.ts';

/** One line of a CSV file, by column; `line` counts from 1, the header included. */
export interface CsvLine {
  readonly line: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** A quoted field, with quotes inside doubled, or one without quotes; then a comma or the end. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

/**
 * The lines of a CSV file with a header, as RFC 4180 writes it; empty lines are left out. A field holds no line break.
 *
 * @throws AppError `invalid_input` with the line, what is wrong with it and what to do.
 */
export function readCsv(text: string, columns: { needed: readonly string[]; known: readonly string[] }) {
  const [header = '', ...rest] = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const names = fieldsOf(header, 1).map((name) => name.trim().toLowerCase());
  const unknown = names.find((name, index) => !columns.known.includes(name) || names.indexOf(name) !== index);
  const missing = columns.needed.find((name) => !names.includes(name));
  if (unknown !== undefined || missing !== undefined)
    throw atLine(
      1,
      `the header is "${header.slice(0, 80)}", ${missing === undefined ? `where "${unknown}" is not known or there twice` : `which lacks "${missing}"`}. Write the columns ${columns.needed.join(', ')} and, if you have them, ${columns.known.filter((name) => !columns.needed.includes(name)).join(', ')}, with commas between`,
    );
  return rest.flatMap((text, index): CsvLine[] => {
    if (text.trim() === '') return [];
    const fields = fieldsOf(text, index + 2);
    if (fields.length !== names.length)
      throw atLine(index + 2, `has ${fields.length} fields, the header has ${names.length}`);
    const named: Record<string, string> = {};
    for (const [at, name] of names.entries()) named[name] = fields[at] ?? '';
    return [{ line: index + 2, fields: named }];
  });
}

function fieldsOf(text: string, line: number): string[] {
  if (!text.includes('"')) return text.split(',').map((field) => field.trim());
  const fields: string[] = [];
  FIELD.lastIndex = 0;
  for (;;) {
    const [, quoted, bare, end] = FIELD.exec(text) ?? [];
    if (end === undefined)
      throw atLine(line, 'has a quote out of place. Quote a whole field, and double quotes in it');
    fields.push(quoted === undefined ? (bare ?? '').trim() : quoted.replaceAll('""', '"'));
    if (end === '') return fields;
  }
}

/** `Line 7: …` */
export function atLine(line: number, problem: string): AppError {
  return new AppError('invalid_input', `Line ${line}: ${problem}.`);
}
