import { pino, stdSerializers, stdTimeFunctions } from 'pino';
import type { Logger, LogLevel } from '../log.ts';
import { createScrub, type Scrub } from '../scrub.ts';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Values that must never come out. */
  readonly secrets: readonly string[];
  /** Where lines go; standard output when absent. */
  readonly destination?: { write(line: string): void };
}

/**
 * A logger writing one JSON object a line. Secrets are removed from the finished line, after
 * serialisation, because pino's own redaction misses deep keys and the causes of errors.
 */
export function createLogger(options: LoggerOptions): Logger {
  const scrub = createScrub(options.secrets);
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (value: unknown) => value },
    hooks: { streamWrite: (line: string) => scrubLine(line, scrub) },
  };
  const sink = options.destination === undefined ? pino(settings) : pino(settings, options.destination);
  return {
    debug: (fields, message) => sink.debug(serialisable(fields), message),
    info: (fields, message) => sink.info(serialisable(fields), message),
    warn: (fields, message) => sink.warn(serialisable(fields), message),
    error: (fields, message) => sink.error(serialisable(fields), message),
  };
}

/** Errors under any key are written with their causes; JSON alone would print them as `{}`. */
function serialisable(fields: object): object {
  const source = fields instanceof Error ? { err: fields } : fields;
  return Object.fromEntries(
    Object.entries(source).map(([key, value]) => [
      key,
      value instanceof Error ? stdSerializers.errWithCause(value) : value,
    ]),
  );
}

function scrubLine(line: string, scrub: Scrub): string {
  const clean = scrub(line);
  if (clean === line || isJson(clean)) return clean;
  // The secret was not inside a string (a number, say): keep the line readable by machines.
  return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), msg: scrub(clean.trim()) })}\n`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
