import { type SQL, sql } from 'drizzle-orm';

/**
 * Measurements as one check a moment, by the rules of `inOrder` in `src/triggers/evidence.ts`: exact repeats count once,
 * the rest is weighted by samples, and added up in one order so that no arrival changes the last digit.
 *
 * @param rows a select of `by`, `at`, `value`, `samples`, `window_s` and `labels`.
 * @param by columns whose values keep checks apart.
 * @returns a select of `by`, `at`, `value`, `samples` and `window_s`.
 */
export function checksOf(rows: SQL, by: SQL = sql``): SQL {
  const sorted = sql`order by d.value, d.weight, d.window_s desc nulls last`;
  const weight = sql`sum(d.weight ${sorted})`;
  return sql`
    select ${by} d.at,
      case when count(*) = 1 then min(d.value)
        else sum(d.value * d.weight ${sorted}) / coalesce(nullif(${weight}, 0), 1) end as value,
      case when count(d.samples) = count(*) then ${weight} end as samples,
      (array_agg(d.window_s ${sorted}))[1] as window_s
    from (
      select ${by} d.at, d.value, d.samples, coalesce(d.samples, 1) as weight, max(d.window_s) as window_s
      from (${rows}) d
      group by ${by} d.at, d.value, d.samples, d.labels) d
    group by ${by} d.at`;
}

/** A time as milliseconds since 1970. */
export function msOf(at: SQL): SQL {
  return sql`round(date_part('epoch', ${at}) * 1000)`;
}
