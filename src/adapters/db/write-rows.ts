import { getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { storable } from './document.ts';

/**
 * A row to write, by the names of the table's columns. What is absent becomes null; what the database makes by itself,
 * like numbers, is not written.
 */
export type Row<T extends PgTable> = Written<
  Pick<T['$inferSelect'], keyof T['$inferInsert'] & keyof T['$inferSelect']>
>;

type Written<Columns> = {
  readonly [K in keyof Columns as null extends Columns[K] ? never : K]: Columns[K];
} & { readonly [K in keyof Columns as null extends Columns[K] ? K : never]?: Columns[K] | undefined };

/**
 * For a statement that inserts rows in the order given, except those that a unique index refuses, and answers with one
 * column of each that it inserted. Rows are one parameter: the text is made once, and the same however many they are.
 */
export function inserting<T extends PgTable>(table: T, answer: PgColumn): (rows: readonly Row<T>[]) => SQL {
  const { name, columns, encode } = layout(table);
  const before = sql.raw(
    `insert into ${name} (${listed(columns, quoted)}) select ${listed(columns, quoted)} from json_populate_recordset(null::${name}, `,
  );
  const after = sql.raw(
    `::json) with ordinality order by ordinality on conflict do nothing returning ${quoted(answer)}`,
  );
  return (rows) => sql`${before}${`[${rows.map(encode).join(',')}]`}${after}`;
}

/**
 * For a statement that writes one entity, with its next version, if it still has the version it was loaded with (0: must
 * not exist yet), and then answers with one row. Its text is one of two.
 */
export function putting<T extends PgTable & { readonly version: PgColumn }>(
  table: T,
  key: PgColumn,
): (row: Row<T> & { readonly version: number }) => SQL {
  const { name, columns, encode } = layout(table);
  const value = (column: PgColumn) => `r.${quoted(column)}${column === table.version ? ' + 1' : ''}`;
  const given = `from json_populate_record(null::${name}, `;
  const insert = sql.raw(
    `insert into ${name} (${listed(columns, quoted)}) select ${listed(columns, value)} ${given}`,
  );
  const inserted = sql.raw(`::json) r on conflict do nothing returning ${quoted(key)}`);
  const rest = columns.filter((column) => column !== key);
  const update = sql.raw(
    `update ${name} w set ${listed(rest, (column) => `${quoted(column)} = ${value(column)}`)} ${given}`,
  );
  const updated = sql.raw(
    `::json) r where w.${quoted(key)} = r.${quoted(key)} and w.${quoted(table.version)} = r.${quoted(table.version)} returning w.${quoted(key)}`,
  );
  return (row) =>
    row.version === 0 ? sql`${insert}${encode(row)}${inserted}` : sql`${update}${encode(row)}${updated}`;
}

/** The columns of a table that are written, and how a row of them becomes JSON. */
function layout(table: PgTable) {
  const written = Object.entries<PgColumn>(getTableColumns(table)).filter(
    ([, column]) => column.generatedIdentity === undefined && column.generated === undefined,
  );
  const fields = written.map(([property, column]) => ({
    property,
    name: `${JSON.stringify(column.name)}:`,
    json: jsonOf(column),
  }));
  return {
    name: `"${getTableName(table)}"`,
    columns: written.map(([, column]) => column),
    encode(row: object): string {
      const members: string[] = [];
      for (const { property, name, json } of fields) {
        const value: unknown = Reflect.get(row, property);
        if (value !== undefined && value !== null) members.push(name + json(value));
      }
      return `{${members.join(',')}}`;
    },
  };
}

/** A value as JSON: a document as it is, of other columns the text that the driver would send. */
function jsonOf(column: PgColumn): (value: unknown) => string {
  const sent = (value: unknown) => String(column.mapToDriverValue(value));
  return column.getSQLType() === 'jsonb' ? sent : (value) => JSON.stringify(storable(sent(value)));
}

function quoted(column: PgColumn): string {
  return `"${column.name}"`;
}

function listed(columns: readonly PgColumn[], each: (column: PgColumn) => string): string {
  return columns.map(each).join(', ');
}
