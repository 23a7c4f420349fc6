/** A row's type with each nullable column as an optional property. */
export type Present<Row> = { [K in keyof Row as null extends Row[K] ? never : K]: Row[K] } & {
  [K in keyof Row as null extends Row[K] ? K : never]?: NonNullable<Row[K]>;
};

/** A row as the domain sees it: what is null is absent. */
export function present<Row extends object>(row: Row): Present<Row> {
  // The null entries are exactly what the type declares optional.
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Present<Row>;
}
