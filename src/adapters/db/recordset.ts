import { type SQL, sql } from 'drizzle-orm';
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
export function isOneOf(column: PgColumn, values: readonly string[]): SQL {
  return sql`${column} = any(${sql.param([...values])}::text[])`;
}
