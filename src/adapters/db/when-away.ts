import { AppError } from '../../errors.ts';

/** SQLSTATE classes by which PostgreSQL and PgBouncer say that they can't serve now: connection, resources, operator. */
const CLASSES = ['08', '53', '57'];
const READ_ONLY = '25006';
const SYSTEM_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
];
/** So the driver says that a statement got no answer in its time; another may get one. */
const NO_ANSWER = 'Query read timeout';
/** The driver gives no code to what it notices by itself. */
const OF_THE_DRIVER =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** The same functions, which must be asynchronous; while the database is away they throw AppError `database_unavailable`. */
export function sayWhenAway<T extends object>(store: T): T {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          return await Reflect.apply(value, target, args);
        } catch (error) {
          if (!isAway(error)) throw error;
          throw new AppError(
            'database_unavailable',
            'The database of aire is away, so this could not be done. Try again in a minute.',
            { cause: error },
          );
        }
      };
    },
  });
}

function isAway(error: unknown): boolean {
  if (isUnreachable(error)) return true;
  return causesOf(error).some(({ code, message }) => {
    const isRefusing = code.length === 5 && CLASSES.includes(code.slice(0, 2));
    return isRefusing || code === READ_ONLY || message === NO_ANSWER;
  });
}

/** There is no way to it, whatever it is asked. */
export function isUnreachable(error: unknown): boolean {
  return causesOf(error).some(
    ({ code, message }) => SYSTEM_CODES.includes(code) || OF_THE_DRIVER.test(message),
  );
}

/** The query builder hides the driver's error in `cause`. */
function causesOf(error: unknown): readonly { readonly code: string; readonly message: string }[] {
  if (!(error instanceof Error)) return [];
  const code = 'code' in error ? String(error.code) : '';
  return [{ code, message: error.message }, ...causesOf(error.cause)];
}
