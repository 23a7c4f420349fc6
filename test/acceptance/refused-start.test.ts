import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory } from '../../src/adapters/files/directory-lock.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aire-start-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const SECRET = `whsec_${Buffer.alloc(32, 'x').toString('base64')}`;
const complete = (): Record<string, string> => ({
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_SIGNING_SECRET: 's',
  AIRE_SECRET_DEPLOY: 'd',
  AIRE_SECRET_DEPLOY_SIGNING: SECRET,
  AIRE_PUBLIC_URL: 'https://aire.example.com',
  AIRE_DATA_DIR: join(directory, 'data'),
});

/** Runs `aire <command>` to its end with nothing but the given environment. */
function aire(
  command: string,
  env: Record<string, string>,
): Promise<{ code: number | null; stderr: string; stdout: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...command.split(' ')], {
      env: { PATH: process.env.PATH, ...env },
    });
    let stderr = '';
    let stdout = '';
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.on('close', (code) => resolve({ code, stderr, stdout }));
  });
}

describe('aire start refuses, in words, all at once', () => {
  it('a missing environment', async () => {
    const { code, stderr } = await aire('start', {});
    expect(code).toBe(1);
    // The shipped services are examples: what they need of the environment is said too.
    expect(stderr.split('\n').filter((line) => !line.includes('llm-inference'))).toEqual([
      'SLACK_BOT_TOKEN: is missing; copy the Bot User OAuth Token from OAuth & Permissions of the app made from slack-manifest.yaml',
      'SLACK_SIGNING_SECRET: is missing; copy the Signing Secret from Basic Information of the app made from slack-manifest.yaml',
      ...[
        'the variable AIRE_SECRET_DEPLOY is not set. Set it in the environment.',
        'the variable AIRE_SECRET_DEPLOY_SIGNING is not set. Set it in the environment.',
        'it waits for a callback, so set AIRE_PUBLIC_URL to the address where the target reaches aire',
      ].map((fault) => `services/support-agent.yaml:43:3 mitigations.roll_back_model: ${fault}`),
      '',
    ]);
  });

  it('a contradictory environment, without printing what is secret', async () => {
    const { code, stderr } = await aire('start', {
      ...complete(),
      DATABASE_URL: 'postgres://aire:hunter2@localhost/aire',
      PORT: '70000',
      AIRE_TIMEZONE: 'Mars/Olympus',
      AIRE_INCIDENT_CHANNEL: 'x',
    });
    expect(code).toBe(1);
    const named = stderr
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0]);
    expect(named.toSorted()).toEqual(['AIRE_DATA_DIR', 'AIRE_INCIDENT_CHANNEL', 'AIRE_TIMEZONE', 'PORT']);
    expect(stderr).toContain('AIRE_INCIDENTS_CHANNEL');
    expect(stderr).toContain('is set, and so is DATABASE_URL');
    expect(stderr).not.toContain('hunter2');
  });

  it('runbooks with faults, each as file:line:col', async () => {
    const runbooks = join(directory, 'runbooks');
    await cp('runbooks', runbooks, { recursive: true });
    const file = join(runbooks, 'services', 'support-agent.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text.replace('tier: 1', 'tier: 7').replace('declare: propose', 'declares: propose'),
    );
    const { code, stderr } = await aire('start', { ...complete(), AIRE_RUNBOOKS_DIR: runbooks });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'services/support-agent.yaml:3:1 tier: write 0, 1, 2 or 3 (0 and 1 are customer-facing)\n' +
        'services/support-agent.yaml:12:1 declares: unknown key. Remove it, or check its spelling.\n',
    );
  });

  it('a data directory that another process holds', async () => {
    const lock = await lockDirectory(join(directory, 'data'));
    const { code, stderr } = await aire('start', complete());
    await lock.release();
    expect(code).toBe(1);
    expect(stderr).toContain(`${join(directory, 'data')} is in use by another aire`);
  });

  it('control: aire check passes with the same files and a complete environment', async () => {
    const { code, stdout, stderr } = await aire('check --offline', complete());
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('✓ Runbooks: llm-inference (tier 1, propose), support-agent (tier 1, propose)');
  });
});
