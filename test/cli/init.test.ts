import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/catalogue/load-catalogue.ts';
import type { ServiceFile } from '../../src/catalogue/service-file.ts';
import { collectAnswers, type InitFlags } from '../../src/cli/init/collect-answers.ts';
import { type Answers, serviceFileText } from '../../src/cli/init/service-file-text.ts';
import { TEMPLATES, type Template } from '../../src/cli/init/templates.ts';
import { writeService } from '../../src/cli/init.ts';
import { readConfig } from '../../src/config.ts';
import { KNOWN_SLIS } from '../../src/services/slis.ts';

const root = join(import.meta.dirname, '../..');
const playbook = await readFile(join(root, 'runbooks/playbook.yaml'), 'utf8');
const signing = `whsec_${Buffer.alloc(32).toString('base64')}`;
const secrets = new Map([
  ['AIRE_SECRET_DEPLOY', ['token']],
  ['AIRE_SECRET_DEPLOY_SIGNING', [signing]],
]);
const templates = Object.keys(TEMPLATES) as Template[];

/** What aire reads in a file. @throws AppError with its faults. */
function load(text: string): ServiceFile {
  const files = [
    { path: 'playbook.yaml', text: playbook },
    { path: 'services/translate.yaml', text },
  ];
  const [service] = loadCatalogue(files, { secrets, hasPublicUrl: false }).services.all();
  if (service === undefined) throw new Error('the file has no service');
  return service;
}
const answers = (over: Partial<Answers> = {}): Answers => ({
  service: 'translate',
  team: 'language',
  tier: 1,
  template: 'llm-app',
  ...over,
});

describe('the file that aire init writes', () => {
  const all = templates.flatMap((template) =>
    [0, 1, 2, 3].flatMap((tier) =>
      [{}, { sre: 'ana@example.com' }, { pagerdutyService: 'PABC123' }].map((more) =>
        answers({ template, tier, ...more }),
      ),
    ),
  );
  it.each(all)(
    'is valid and says what was answered: $template, tier $tier, $sre $pagerdutyService',
    (given) => {
      const read = load(serviceFileText(given));
      expect(read).toMatchObject({ service: 'translate', tier: given.tier, declare: 'propose' });
      expect(read.owners).toEqual({
        team: 'language',
        ...(given.sre === undefined ? {} : { sre: given.sre }),
        ...(given.pagerdutyService === undefined ? {} : { pagerduty_service: given.pagerdutyService }),
      });
      expect(read.sources.alerts).toHaveLength(given.pagerdutyService === undefined ? 0 : 1);
      expect(Object.keys(read.slos).length).toBeGreaterThan(2);
      for (const name of Object.keys(read.slos)) expect(Object.keys(KNOWN_SLIS)).toContain(name);
    },
  );

  it.each(templates)('has an example of a mitigation that is valid once its # is removed: %s', (template) => {
    const lines = serviceFileText(answers({ template })).split('\n');
    const from = lines.indexOf('# mitigations:');
    const text = lines.map((line, index) => (index < from ? line : line.replace(/^# /, ''))).join('\n');
    expect(load(text).mitigations).toHaveProperty('roll_back');
  });

  it('says any team and owner as they were written', () => {
    const text = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('null', 'yes', 'a: b', '# c', '- d', '{'),
    );
    fc.assert(
      fc.property(text, text, (team, sre) => {
        expect(load(serviceFileText(answers({ team, sre }))).owners).toEqual({ team, sre });
      }),
    );
  });
});

describe('what aire init asks', () => {
  const asking = (...lines: string[]) => {
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return lines.shift() ?? '';
    };
    return { asked, ask };
  };

  it('asks again with the reason until the answer can be used', async () => {
    const { asked, ask } = asking(
      '',
      'language',
      '5',
      'two',
      '2',
      'mine',
      'self-hosted',
      'ana',
      '',
      'p1',
      '',
    );
    expect(await collectAnswers('translate', {}, ask)).toEqual(answers({ tier: 2, template: 'self-hosted' }));
    expect(asked.map((question) => question.split('\n')[0])).toEqual([
      expect.stringMatching(/^Which team/),
      'write the name of the team',
      expect.stringMatching(/^Which tier/),
      'write 0, 1, 2 or 3 (0 and 1 are customer-facing)',
      'write 0, 1, 2 or 3 (0 and 1 are customer-facing)',
      expect.stringMatching(/^What is it/),
      'there is no template "mine"; write llm-app or self-hosted',
      expect.stringMatching(/^Who is its SRE/),
      '`ana` is not one email address; give it as name@example.com',
      expect.stringMatching(/^Which PagerDuty/),
      '"p1" is no PagerDuty id; copy it from the end of the service\'s address',
    ]);
  });

  it('asks only what no flag says, and nothing with --yes', async () => {
    const { asked, ask } = asking('3');
    const flags = { team: 'language', template: 'llm-app', sre: 'U0ANA', pagerdutyService: '' };
    expect(await collectAnswers('translate', flags, ask)).toEqual(answers({ tier: 3, sre: 'U0ANA' }));
    expect(asked).toHaveLength(1);
    expect(await collectAnswers('translate', { team: 'language', yes: true }, ask)).toEqual(answers());
    expect(asked).toHaveLength(1);
  });

  it.each<[string, string, InitFlags, string[]]>([
    [
      'translate',
      'nobody to ask',
      {},
      ['--team is missing.', '--tier is missing.', '--template is missing.'],
    ],
    ['translate', '--yes', { yes: true }, ['--team is missing.']],
    [
      '../x',
      'wrong flags',
      { team: ' ', tier: '1.5', template: 'x', sre: 'x', pagerdutyService: 'x' },
      [
        '<service>: use',
        '--team: write',
        '--tier: write',
        '--template: there',
        '--sre: `x`',
        '--pagerduty-service: "x"',
      ],
    ],
  ])('%s with %s: names every flag at once', async (name, _what, flags, expected) => {
    const said = await collectAnswers(name, flags).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(said.split('\n')).toEqual(expected.map((begin) => expect.stringContaining(begin)));
  });
});

describe('aire init', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'aire-init-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  function aire(...argv: string[]): Promise<{ code: number | null; said: string[] }> {
    return new Promise((resolve) => {
      const main = join(root, 'src/main.ts');
      const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...argv], {
        cwd: directory,
        env: { PATH: process.env.PATH },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => {
          said += String(chunk);
        });
      child.on('close', (code) => resolve({ code, said: said.trimEnd().split('\n') }));
    });
  }

  it('in an empty directory leaves all that aire check asks for, and says what is next', async () => {
    const made = await aire(
      'init',
      'translate',
      '--team',
      'language',
      '--tier',
      '2',
      '--template',
      'llm-app',
    );
    expect(made).toEqual({
      code: 0,
      said: [
        'Wrote runbooks/services/translate.yaml',
        'Wrote runbooks/playbook.yaml',
        'Wrote runbooks/schema.json',
        'Wrote templates/postmortem.md.hbs',
        '',
        'Next:',
        '1. Read runbooks/services/translate.yaml: write your own numbers, and remove what you do not need.',
        '2. Look for mistakes: aire check',
        '3. Give the sender of your measurements a secret: echo "AIRE_SIGNAL_SECRETS=evals=whsec_$(openssl rand -base64 32)" >> .env',
        '4. Connect Slack: set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, see README.md',
        '5. Restart aire, which reads files at start: aire start',
        '6. Send a test signal, which declares nothing: aire ping translate',
      ],
    });
    const checked = await aire('check', '--offline');
    expect(checked).toMatchObject({ code: 0 });
    expect(checked.said).toContain('✓ Runbooks: translate (tier 2, propose)');
    expect(await aire('init', 'other')).toMatchObject({
      code: 1,
      said: [
        expect.stringContaining('--team'),
        expect.stringContaining('--tier'),
        expect.stringContaining('--template'),
      ],
    });
    // Three processes.
  }, 120_000);

  const write = (name: string) =>
    writeService(
      readConfig(
        { AIRE_RUNBOOKS_DIR: join(directory, 'runbooks'), AIRE_TEMPLATES_DIR: join(directory, 'templates') },
        () => '',
      ),
      name,
      { team: 'language', yes: true },
      () => {},
    );

  it('never overwrites, whatever the file of that service is called', async () => {
    await write('translate');
    const services = join(directory, 'runbooks', 'services');
    await writeFile(join(services, 'translate.yaml'), 'broken: [');
    await writeFile(join(services, 'b.yml'), 'service: summarise\ntier: 1\nowners: { team: t }\n');
    await writeFile(join(directory, 'runbooks', 'schema.json'), '{}');
    await expect(write('translate')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/translate\.yaml describes translate already .* aire ping translate$/),
    });
    await expect(write('summarise')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('b.yml describes summarise already'),
    });
    await write('third');
    expect(await readFile(join(services, 'translate.yaml'), 'utf8')).toBe('broken: [');
    expect(await readFile(join(directory, 'runbooks', 'schema.json'), 'utf8')).toBe('{}');
    expect((await readdir(services)).sort()).toEqual(['b.yml', 'third.yaml', 'translate.yaml']);
  });
});
