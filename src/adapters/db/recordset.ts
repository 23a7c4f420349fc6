import { type SQL, sql } from 'drizzle-orm';

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
