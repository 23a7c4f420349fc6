import { Placeholder, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

/** Rows as one parameter, for `json_to_recordset`: a statement stays the same however many there are. Dates become text. */
export function recordset(rows: readonly Readonly<Record<string, unknown>>[]): SQL {
  return sql`${JSON.stringify(rows)}::json`;
}

/** A text[] of parameters. */
export function textArray(values: readonly (string | null)[]): SQL {
  return sql`array[${sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )}]::text[]`;
}

/** Whether a column has one of these values: one parameter, so that the statement stays the same however many they are. */
export function isOneOf(column: PgColumn, values: readonly string[] | Placeholder): SQL {
  return sql`${column} = any(${values instanceof Placeholder ? values : sql.param([...values])}::text[])`;
}

/**
 * For `prepare` of what is asked for often: its text is built once, which takes longer than most reads of a row. The
 * connection names it, where there may be a name (`prepared-statements.ts`).
 */
export const UNNAMED = '';
