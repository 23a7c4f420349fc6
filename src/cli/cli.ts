import { Command } from 'commander';
import { isAppError } from '../errors.ts';
import type { BacktestFlags } from './backtest.ts';
import type { InitFlags } from './init/collect-answers.ts';

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Runs one command of `aire`. @returns the exit code: 1 when what the person asked for can't be done. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const program = new Command('aire')
    .description('Incident response for teams that run AI services')
    .showHelpAfterError();
  // A command is loaded when it runs: `aire check` should not wait for Slack's libraries.
  program
    .command('start')
    .description('run the bot')
    .action(async () => (await import('./start.ts')).start());
  program
    .command('demo')
    .description('play an incident on this machine, no accounts needed')
    .action(async () => (await import('./demo.ts')).demo(write));
  program
    .command('init <service>')
    .description("write a service's first file, and say what to do next")
    .option('--team <name>', 'the team that runs it')
    .option('--tier <number>', '0 to 3; 0 and 1 are customer-facing')
    .option('--template <name>', 'llm-app, or self-hosted for a model on your own GPUs')
    .option('--sre <person>', 'e-mail address or Slack id of its SRE')
    .option('--pagerduty-service <id>', 'the PagerDuty service that alerts for it')
    .option('--yes', 'take the defaults instead of asking')
    .action(async (service: string, flags: InitFlags) =>
      (await import('./init.ts')).init(service, flags, write),
    );
  program
    .command('ping <service>')
    .description('send a test signal for a service to the running bot; nothing is declared')
    .action(async (service: string) => (await import('./ping.ts')).ping(service, write));
  program
    .command('check')
    .description('check environment, runbooks, Slack, PagerDuty and database; changes nothing')
    .option('--offline', 'leave out what needs the network: Slack, PagerDuty, database')
    .action(async (options: { offline?: boolean }) => (await import('./check.ts')).check(options, write));
  program
    .command('backtest <csv>')
    .description('replay measurements through a trigger: when it would have fired and cleared')
    .requiredOption('--trigger <name>', 'a trigger of the playbook')
    .option('--service <name>', 'whose settings count: tier, SLOs, baseline, confirm')
    .option('--sli <name>', "which of the trigger's SLIs; default the file's only one, else the first")
    .option(
      '--set <key=value...>',
      'what if: drop=3pp, for=10m, min_samples=50, confirm=exact, baseline=95%',
      [],
    )
    .option('--json', 'print it for programs')
    .option('--chart <file.svg>', 'write a chart')
    .action(async (csv: string, flags: BacktestFlags) =>
      (await import('./backtest.ts')).backtest(csv, flags, write),
    );
  program
    .command('migrate')
    .description('apply pending database migrations')
    .action(async () => (await import('./migrate.ts')).migrate(write));
  program
    .command('schema')
    .description('print the JSON schema of the service file')
    .option('--write <file>', 'write it to a file')
    .option('--triggers <file>', 'write instead what the triggers of the playbook beside it say, in words')
    .action(async (options: { write?: string; triggers?: string }) => {
      const { schema, writeTriggers } = await import('./schema.ts');
      return options.triggers === undefined ? schema(options.write, write) : writeTriggers(options.triggers);
    });
  const outbox = program.command('outbox').description('work that was given up on');
  outbox
    .command('list')
    .description('list dead jobs')
    .action(async () => (await import('./outbox.ts')).listDead(write));
  outbox
    .command('retry <id>')
    .description('try a dead job again')
    .action(async (id: string) => (await import('./outbox.ts')).retryDead(id, write));
  try {
    await program.parseAsync([...argv]);
    return 0;
  } catch (error) {
    process.stderr.write(
      isAppError(error)
        ? `${error.message}\n`
        : `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 1;
  }
}
