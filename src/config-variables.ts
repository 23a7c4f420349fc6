import type { PlainName, SecretName } from './config-names.ts';
import type { Parsed } from './config-values.ts';
import { messageOf } from './errors.ts';

/** The process environment, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads variables one by one and collects every fault instead of stopping at the first. */
export interface Variables {
  /** The value; undefined when absent or empty. */
  text(name: PlainName): string | undefined;
  /** The parsed value; the fallback when absent, and after a fault. */
  value<T>(name: PlainName, fallback: T, parse: (text: string) => Parsed<T>): T;
  /** A secret from `NAME` or the file `NAME_FILE`, parsed; the fallback when absent, and after a fault. */
  secret<T>(name: SecretName | `AIRE_SECRET_${string}`, fallback: T, parse: (text: string) => Parsed<T>): T;
  /** Notes a fault: `what; what to do`. */
  fault(name: string, message: string): void;
  /** One line a fault: `NAME: what; what to do`. */
  readonly faults: readonly string[];
}

/** {@link Variables} of an environment; `readFile` throws when a file cannot be read. */
export function createVariables(env: Environment, readFile: (path: string) => string): Variables {
  const faults: string[] = [];

  function fault(name: string, message: string): void {
    faults.push(`${name}: ${message}`);
  }

  function present(name: string): string | undefined {
    const text = env[name]?.trim();
    return text === '' ? undefined : text;
  }

  function parsed<T>(
    name: string,
    text: string | undefined,
    fallback: T,
    parse: (text: string) => Parsed<T>,
  ): T {
    if (text === undefined) return fallback;
    const result = parse(text);
    if ('value' in result) return result.value;
    fault(name, result.fault);
    return fallback;
  }

  function secretText(name: string): string | undefined {
    const fileName = `${name}_FILE`;
    const direct = present(name);
    const path = present(fileName);
    if (path === undefined) return direct;
    if (direct !== undefined) {
      fault(name, `is set, and so is ${fileName}; remove one of them`);
      return undefined;
    }
    try {
      const text = readFile(path).trim();
      if (text !== '') return text;
      fault(fileName, `the file ${path} is empty; put the secret into it, or remove ${fileName}`);
    } catch (error) {
      fault(fileName, `cannot read ${path} (${messageOf(error)}); check the path and who may read it`);
    }
    return undefined;
  }

  return {
    text: present,
    value: (name, fallback, parse) => parsed(name, present(name), fallback, parse),
    secret: (name, fallback, parse) => parsed(name, secretText(name), fallback, parse),
    fault,
    faults,
  };
}
