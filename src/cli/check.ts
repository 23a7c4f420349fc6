import { type Config, loadConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import { type Area, areaOf, inTime, lineOf, unchecked } from './check/area.ts';
import { checkDatabaseArea } from './check/check-database.ts';
import { checkRunbooks, checkTemplates } from './check/check-files.ts';
import { checkPagerDuty } from './check/check-pagerduty.ts';
import { checkSlack } from './check/check-slack.ts';

/**
 * `aire check`: everything `aire start` would refuse and every name it would not find, without starting or changing
 * anything. What can't be reached is no fault: it is said, and the exit code stays 0.
 *
 * @throws AppError with every fault, one a line.
 */
export async function check(options: { offline?: boolean }, write: (line: string) => void): Promise<void> {
  const areas = await checkAll(loadConfig(), options.offline === true);
  for (const area of areas) for (const line of [lineOf(area), ...(area.notes ?? [])]) write(line);
  const faults = areas.flatMap((area) => area.faults);
  if (faults.length > 0) throw new AppError('config_invalid', faults.join('\n'));
}

/** Every area; `offline` leaves out those that need the network or the database. */
export async function checkAll(config: Config, offline: boolean): Promise<readonly Area[]> {
  const { area: runbooks, services } = await checkRunbooks(config);
  const remote = (name: string, work: () => Promise<Area>): Promise<Area> =>
    offline ? Promise.resolve(unchecked(name, 'not checked: --offline')) : inTime(name, work());
  return [
    // Its faults were thrown when it was read.
    areaOf('Environment', 'every variable that is set can be used'),
    runbooks,
    checkTemplates(config),
    ...(await Promise.all([
      remote('Slack', () => checkSlack(config, services)),
      remote('PagerDuty', () => checkPagerDuty(config, services)),
      remote('Database', () => checkDatabaseArea(config)),
    ])),
  ];
}
