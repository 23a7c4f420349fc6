import { readFile, writeFile } from 'node:fs/promises';
import { readRunbookFiles } from '../adapters/files/yaml-files.ts';
import { examineRunbooks, formatFault } from '../catalogue/load-catalogue.ts';
import { type ServiceFile, serviceFile } from '../catalogue/service-file.ts';
import { loadConfig } from '../config.ts';
import { AppError, messageOf } from '../errors.ts';
import { sliDefinition } from '../services/slis.ts';
import { formatDuration } from '../time.ts';
import { rulesOf } from '../triggers/overrides.ts';
import { chartOf } from './backtest/chart.ts';
import { addUp } from './backtest/episodes.ts';
import { play } from './backtest/play.ts';
import type { CsvLine } from './backtest/read-csv.ts';
import { readMeasurements, readSeries, type Series } from './backtest/read-series.ts';
import { reportLines, reportOf } from './backtest/report.ts';
import { type Subject, whatIf } from './backtest/what-if.ts';

/** Options of `aire backtest`, as they are typed. */
export interface BacktestFlags {
  readonly trigger: string;
  readonly service?: string;
  readonly sli?: string;
  readonly set: readonly string[];
  readonly json?: boolean;
  readonly chart?: string;
}

/**
 * `aire backtest <csv>`: replays a series through a rule. Reads the runbooks and the file, nothing else.
 *
 * @throws AppError `invalid_input`, `not_found`, `runbooks_invalid`.
 */
export async function backtest(
  file: string,
  flags: BacktestFlags,
  write: (line: string) => void,
  runbooks: string = loadConfig().directories.runbooks,
): Promise<void> {
  const lines = readMeasurements(await textOf(file));
  const { subject, chosen, notes } = choose(await readRule(runbooks, flags), lines, flags);
  const tried = whatIf(subject, flags.set);
  const series = readSeries(chosen, sliDefinition(tried.sli, tried.service.slis).unit);
  const played = addUp(play(tried, series.checks));
  const report = reportOf(tried, played, [...notes, ...series.notes, ...sparse(tried, series)]);
  if (report === undefined) throw new AppError('invalid_input', 'There is nothing to play.');
  if (flags.json === true) write(JSON.stringify(report, null, 2));
  else for (const line of reportLines(report, tried)) write(line);
  if (flags.chart === undefined) return;
  await writeFile(flags.chart, chartOf(tried, played));
  if (flags.json !== true) write(`Chart: ${flags.chart}`);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError('not_found', `${file} can't be read: ${messageOf(error)}.`);
  }
}

type Rule = Pick<Subject, 'trigger' | 'rule'> & { readonly service: ServiceFile };

/** The rule and the service's own settings; faults of other service files do not matter here. */
async function readRule(runbooks: string, { trigger, service }: BacktestFlags): Promise<Rule> {
  const files = await readRunbookFiles(runbooks);
  const { playbook, services, faults } = examineRunbooks(files, { secrets: new Map(), hasPublicUrl: true });
  const found = services.find(({ value }) => value.service === service)?.value;
  if (playbook === undefined || (service !== undefined && found === undefined)) {
    const names = services.map(({ value }) => value.service).join(', ') || 'none';
    const wrong = faults.filter(({ file }) => (playbook === undefined) === (file === 'playbook.yaml'));
    throw new AppError(
      playbook === undefined ? 'runbooks_invalid' : 'not_found',
      [
        ...(playbook === undefined ? [] : [`There is no service "${service}"; there is: ${names}.`]),
        ...wrong.map(formatFault),
      ].join('\n'),
    );
  }
  const subject = found ?? serviceFile.parse({ service: 'any', tier: 1, owners: { team: 'any' } });
  const rules = rulesOf(playbook, subject);
  const rule = rules[trigger];
  if (rule === undefined)
    throw new AppError(
      'not_found',
      `There is no trigger "${trigger}"; there is: ${Object.keys(rules).join(', ')}.`,
    );
  return { trigger, rule, service: subject };
}

/** The SLI that is meant, and the lines that are of it. */
function choose({ trigger, rule, service }: Rule, lines: readonly CsvLine[], flags: BacktestFlags) {
  const slis = Object.keys(rule.slis);
  const named = new Set(lines.flatMap(({ fields }) => fields.sli ?? []));
  const [only] = named.size === 1 ? named : [];
  const sli = flags.sli ?? only ?? slis[0];
  if (sli === undefined)
    throw new AppError(
      'invalid_input',
      `"${trigger}" watches no SLI, so there is no series to play through it.`,
    );
  if (!slis.includes(sli))
    throw new AppError('not_found', `"${trigger}" does not watch "${sli}"; it watches: ${slis.join(', ')}.`);
  const chosen = lines.filter(({ fields }) => fields.sli === undefined || fields.sli === sli);
  if (chosen.length === 0)
    throw new AppError('invalid_input', `No line is of ${sli}; the file has: ${[...named].join(', ')}.`);
  const rest = lines.length - chosen.length;
  return {
    subject: { trigger, sli, rule, service },
    chosen,
    notes: rest === 0 ? [] : [`${rest} lines are of other SLIs and were left out (--sli chooses).`],
  };
}

/** A rule that must last needs checks without holes: says so when the file has only holes. */
function sparse({ rule, sli }: Subject, { checks }: Series): readonly string[] {
  const lasting = rule.slis[sli]?.for;
  if (lasting === undefined || checks.length < 2) return [];
  const gaps = checks
    .slice(1)
    .map((check, index) => check.at.getTime() - (checks[index] ?? check).at.getTime())
    .sort((a, b) => a - b);
  const usual = gaps[Math.floor(gaps.length / 2)] ?? 0;
  if (usual <= lasting / 3 || checks.some((check) => check.windowSeconds !== undefined)) return [];
  return [
    `Checks are ${formatDuration(usual)} apart, and a hole of more than a third of ${formatDuration(lasting)} starts anew, so this can't last: add a column window_s with the seconds each value speaks for, as signals have it.`,
  ];
}
