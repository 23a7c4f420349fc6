import { formatSliValue, sliDefinition } from '../../services/slis.ts';
import { formatUtc } from '../../time.ts';
import type { Episode, PlayedSeries } from './episodes.ts';
import type { Subject } from './what-if.ts';

/** What a backtest found; `aire backtest --json` prints it as it is. */
export interface BacktestReport {
  readonly trigger: string;
  readonly service: string;
  readonly sli: string;
  readonly comparator: Readonly<Record<string, unknown>>;
  readonly checks: number;
  readonly from: Date;
  readonly to: Date;
  readonly fired: number;
  readonly episodes: readonly Episode[];
  readonly notEvaluable: PlayedSeries['notEvaluable'];
  readonly notes: readonly string[];
}

/** The text shows this many episodes, the newest. */
const SHOWN = 50;

/** Adds up what was played; undefined of nothing. */
export function reportOf(
  { trigger, service, sli, rule }: Subject,
  { points, episodes, notEvaluable }: PlayedSeries,
  notes: readonly string[],
): BacktestReport | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return {
    trigger,
    service: service.service,
    sli,
    comparator: { ...rule.slis[sli] },
    checks: points.length,
    from: first.at,
    to: last.at,
    fired: episodes.filter((episode) => episode.firedAt !== undefined).length,
    episodes,
    notEvaluable,
    notes,
  };
}

/** A table of episodes, each with its reason below, and what it all comes to. */
export function reportLines(report: BacktestReport, { service }: Subject): readonly string[] {
  const { episodes, checks, fired } = report;
  const { unit } = sliDefinition(report.sli, service.slis);
  const value = (of: number | undefined): string => (of === undefined ? '-' : formatSliValue(of, unit));
  const moment = (at: Date | undefined, none: string): string => (at === undefined ? none : formatUtc(at));
  const shown = episodes.slice(-SHOWN);
  const rows = shown.map((each) => [
    moment(each.suspectedAt, '-'),
    moment(each.firedAt, 'never'),
    moment(each.clearedAt, 'still on'),
    each.severity,
    value(each.value),
    value(each.baseline),
  ]);
  const table = columns([
    ['suspected at', 'fired at', 'cleared at', 'severity', 'value', 'compared with'],
    ...rows,
  ]);
  const without = report.notEvaluable.reduce((sum, { count }) => sum + count, 0);
  const share = (count: number): string => `${((100 * count) / checks).toFixed(1)} %`;
  return [
    ...(episodes.length === 0 ? [] : table.slice(0, 1)),
    ...(episodes.length > SHOWN ? [`(${episodes.length - SHOWN} before; --json shows all)`] : []),
    ...shown.flatMap((each, index) => [table[index + 1] ?? '', `  ${each.reason}`]),
    ...(episodes.length === 0 ? [] : ['']),
    `${report.trigger} on ${report.sli}: ${count(checks, 'check')} from ${formatUtc(report.from)} to ${formatUtc(report.to)}. Fired ${count(fired, 'time')}; ${count(episodes.length - fired, 'crossing')} did not fire.`,
    without === 0
      ? 'Every check could be evaluated.'
      : `Not evaluable: ${count(without, 'check')} (${share(without)}).`,
    ...report.notEvaluable.map((each) => `  ${each.count} × ${each.reason}`),
    ...report.notes,
  ];
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
