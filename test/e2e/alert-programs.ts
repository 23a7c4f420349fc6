import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/cli/demo/free-port.ts';

const PROMETHEUS = '/usr/bin/prometheus';
const ALERTMANAGER = '/usr/bin/prometheus-alertmanager';

/** Why the real programs can't be run here and how to get them, or undefined when they can. */
export function missingAlertPrograms(): string | undefined {
  const missing = [PROMETHEUS, ALERTMANAGER].filter((path) => !existsSync(path));
  return missing.length === 0
    ? undefined
    : `${missing.join(' and ')} missing: on Debian, apt-get install --no-install-recommends prometheus prometheus-alertmanager`;
}

/** Debian's Prometheus and Alertmanager, as long as a test needs them. */
export interface AlertPrograms {
  /** Where Prometheus answers queries. */
  readonly prometheusUrl: string;
  /** Replaces the rules that Prometheus evaluates, at once. */
  setRules(rules: string): Promise<void>;
  /** What both have logged as errors. */
  said(): string;
  close(): Promise<void>;
}

/**
 * Starts both on free ports: Prometheus evaluates `rules` each second and sends what fires to an Alertmanager with
 * this configuration. `files` are put beside it, and their names in the configuration become their paths.
 */
export async function startAlertPrograms(options: {
  rules: string;
  alertmanagerConfig: string;
  files: Readonly<Record<string, string>>;
  /** `host:port` whose /metrics are read each second. */
  scrape?: string;
}): Promise<AlertPrograms> {
  const directory = await mkdtemp(join(tmpdir(), 'aire-alerts-'));
  const at = (name: string): string => join(directory, name);
  let config = options.alertmanagerConfig;
  for (const [name, text] of Object.entries(options.files)) {
    await writeFile(at(name), text, { mode: 0o600 });
    config = config.replaceAll(name, at(name));
  }
  const [prometheusPort, alertmanagerPort] = await Promise.all([freePort(), freePort()]);
  await writeFile(at('alertmanager.yml'), config);
  await writeFile(at('rules.yml'), options.rules);
  await writeFile(
    at('prometheus.yml'),
    `global: { evaluation_interval: 1s, scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs: [${options.scrape === undefined ? '' : ` { job_name: agent, static_configs: [ { targets: [ "${options.scrape}" ] } ] } `}]
rule_files: [ rules.yml ]
alerting: { alertmanagers: [ { static_configs: [ { targets: [ "127.0.0.1:${alertmanagerPort}" ] } ] } ] }
`,
  );
  let said = '';
  const run = (program: string, args: readonly string[]): ChildProcess => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    return child;
  };
  const alertmanager = run(ALERTMANAGER, [
    `--config.file=${at('alertmanager.yml')}`,
    `--storage.path=${at('alertmanager-data')}`,
    `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
    '--cluster.listen-address=',
    '--log.level=error',
  ]);
  const prometheus = run(PROMETHEUS, [
    `--config.file=${at('prometheus.yml')}`,
    `--storage.tsdb.path=${at('prometheus-data')}`,
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
    '--rules.alert.resend-delay=2s',
    '--log.level=error',
  ]);
  return {
    prometheusUrl: `http://127.0.0.1:${prometheusPort}`,
    async setRules(rules) {
      await writeFile(at('rules.yml'), rules);
      prometheus.kill('SIGHUP');
    },
    said: () => said,
    async close() {
      await Promise.all([end(prometheus), end(alertmanager)]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
