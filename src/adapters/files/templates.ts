import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { AppError, messageOf } from '../../errors.ts';

/**
 * The Handlebars templates of a directory. Values are escaped for Markdown: none of them can become a link, an
 * image, HTML or a table cell of its own. Templates are read at start; a fault names file, line and column.
 *
 * @throws AppError `template_invalid`.
 */
export function loadTemplates(directory: string, names: readonly string[]) {
  const handlebars = Handlebars.create();
  const templates = new Map(names.map((name) => [name, compile(handlebars, directory, name)]));
  return {
    render(name: string, values: Readonly<Record<string, unknown>>): string {
      const template = templates.get(name);
      if (template === undefined) throw new AppError('not_found', `There is no template ${name}.hbs.`);
      try {
        return template(escapeAll(values));
      } catch (error) {
        throw new AppError('template_invalid', `${name}.hbs: ${messageOf(error)}`, { cause: error });
      }
    },
  };
}

function compile(handlebars: typeof Handlebars, directory: string, name: string) {
  const path = join(directory, `${name}.hbs`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new AppError(
      'template_invalid',
      `${path} can't be read. Copy it from the aire package, or set AIRE_TEMPLATES_DIR.`,
      { cause: error },
    );
  }
  try {
    handlebars.parse(text);
  } catch (error) {
    throw new AppError('template_invalid', `${name}.hbs: ${messageOf(error)}`, { cause: error });
  }
  // Handlebars escapes for HTML; these documents are Markdown, so values are escaped before they get there.
  return handlebars.compile(text, { noEscape: true });
}

function escapeAll(value: unknown): unknown {
  if (typeof value === 'string') return escapeMarkdown(value);
  if (Array.isArray(value)) return value.map(escapeAll);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escapeAll(inner)]));
  return value;
}

/** Plain text as Markdown that shows it literally, on one line. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|]/g, (character) => `\\${character}`);
}
