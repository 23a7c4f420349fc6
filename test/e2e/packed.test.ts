import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startSlackStandIn } from '../../src/adapters/stand-ins/slack/slack-stand-in.ts';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { systemClock } from '../../src/time.ts';
import { eventually } from './bot-process.ts';

const run = promisify(execFile);
const cleanUp: (() => Promise<unknown>)[] = [];
let directory: string;
let files: readonly string[];
let bot: ChildProcess | undefined;

/** Packs this package and installs it into an empty directory, as somebody does who has only the tarball. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aire-packed-'));
  cleanUp.push(() => rm(directory, { recursive: true, force: true }));
  const packed = await run('npm', ['pack', '--json', '--pack-destination', directory]);
  const [tarball] = z
    .tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })])
    .parse(JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[\n'))));
  files = tarball.files.map((file) => file.path);
  await writeFile(join(directory, 'package.json'), '{"private":true}');
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...quietly, `./${tarball.filename}`], { cwd: directory });
}, 180_000);
afterAll(async () => {
  bot?.kill('SIGKILL');
  for (const step of cleanUp.reverse()) await step();
});

it('the package has what it needs to run, and no tests', () => {
  for (const path of ['dist/main.js', 'migrations/0000_initial.sql', 'templates/postmortem.md.hbs'])
    expect(files).toContain(path);
  expect(files.filter((path) => /^(?:src|test)\/|\.test\.|test-builders/.test(path))).toEqual([]);
});

it('installed elsewhere, aire check and aire start work', async () => {
  const slack = await startSlackStandIn({ clock: systemClock, botToken: 'xoxb-1', signingSecret: 's' });
  cleanUp.push(() => slack.close());
  const installed = join(directory, 'node_modules', 'aire');
  expect(await readdir(installed)).not.toContain('src');
  await cp(join(installed, 'runbooks', 'playbook.yaml'), join(directory, 'runbooks', 'playbook.yaml'));
  await mkdir(join(directory, 'runbooks', 'services'));
  await writeFile(
    join(directory, 'runbooks', 'services', 'translate.yaml'),
    'service: translate\ntier: 2\nowners: { team: language }\n',
  );
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    HOST: '127.0.0.1',
    AIRE_TEMPLATES_DIR: join(installed, 'templates'),
    SLACK_BOT_TOKEN: 'xoxb-1',
    SLACK_SIGNING_SECRET: 's',
    SLACK_API_URL: slack.url,
  };
  const aire = join(directory, 'node_modules', '.bin', 'aire');
  await run('npx', ['--no', 'aire', 'check'], { cwd: directory, env });
  const started = spawn(aire, ['start'], { cwd: directory, env, stdio: ['ignore', 'ignore', 'pipe'] });
  bot = started;
  await eventually(
    'it is ready',
    async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200,
  );
  started.kill('SIGTERM');
  const [code] = await once(started, 'exit');
  expect(code).toBe(0);
  // It ran on the database that the package brings, in the directory it was started in.
  expect(await readFile(join(directory, '.aire', 'database', 'PG_VERSION'), 'utf8')).toMatch(/^\d+/);
}, 90_000);
