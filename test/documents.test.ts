import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ACTIONS, DECLARE_SHORTCUT } from '../src/adapters/slack/action-ids.ts';
import { parseCommand } from '../src/adapters/slack/listeners/command-grammar.ts';
import { BOT_SCOPES } from '../src/adapters/slack/scopes.ts';
import { examineRunbooks, loadCatalogue } from '../src/catalogue/load-catalogue.ts';
import { serviceFile, serviceFileJsonSchema } from '../src/catalogue/service-file.ts';
import { triggersDocument } from '../src/catalogue/triggers-document.ts';
import { readConfig } from '../src/config.ts';
import { PLAIN_NAMES, SECRET_NAMES } from '../src/config-names.ts';
import { messageOf } from '../src/errors.ts';
import { type Playbook, playbookFile } from '../src/runbooks/schema.ts';
import { rulesOf } from '../src/triggers/overrides.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();
const capturesOf = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), (match) => match[1] ?? '');

const readme = read('README.md');
const variables = sorted([...PLAIN_NAMES, ...SECRET_NAMES]);

/** The part of a document below one of its headings of the second level. */
function sectionOf(markdown: string, heading: string): string {
  const found = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`there is no section "${heading}"`);
  return found;
}

/** What stands in code quotes on its own line parts; fenced blocks are left out. */
const quotedIn = (markdown: string): string[] => capturesOf(withoutFences(markdown), /`([^`\n]+)`/g);
const withoutFences = (markdown: string): string => markdown.replace(/^ *```[\s\S]*?^ *```$/gm, '');
const fencesOf = (markdown: string, language: string): string[] =>
  capturesOf(markdown, new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'));

describe('environment variables', () => {
  const lines = read('.env.example').split('\n');
  const entries = lines.flatMap((line, index) => {
    const [, off, name = '', value = ''] = /^(#?)([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    const note = lines[index - 1] ?? '';
    return name === '' ? [] : [{ name, value: value.replace(/^"(.*)"$/, '$1'), on: off === '', note }];
  });
  const own = entries.filter((entry) => !entry.name.startsWith('AIRE_SECRET_'));

  it('.env.example names exactly those that aire knows, each with a line that says what it is', () => {
    expect(own.map((entry) => entry.name).sort()).toEqual(variables);
    for (const { name, note } of own) expect(note, name).toMatch(/^# \S.*[.:]$/);
  });

  it('.env.example leaves uncommented only what aire start needs', () => {
    expect(own.filter((entry) => entry.on).map((entry) => entry.name)).toEqual(
      readConfig({}, read).missingSlack,
    );
  });

  it('the defaults of .env.example are those of aire', () => {
    const defaults = own.filter((entry) => !entry.on && !/example/i.test(entry.note));
    const config = readConfig(Object.fromEntries(defaults.map((entry) => [entry.name, entry.value])), read);
    expect(config).toEqual(readConfig({}, read));
    expect(defaults.length).toBeGreaterThan(8);
  });

  it("README's table names exactly those that aire knows", () => {
    const rows = sectionOf(readme, 'Environment').match(/^\| `.*$/gm) ?? [];
    const named = rows.flatMap((row) => quotedIn(row.split('|')[1] ?? ''));
    expect(sorted(named)).toEqual(sorted([...variables, 'AIRE_SECRET_<NAME>']));
  });
});

describe('the service file', () => {
  it('runbooks/schema.json is the schema of the code; npm run schema writes it', () => {
    expect(JSON.parse(read('runbooks/schema.json'))).toEqual(serviceFileJsonSchema());
  });

  it('every service file points its editor at that schema', () => {
    const names = readdirSync(join(root, 'runbooks/services'));
    expect(names).not.toEqual([]);
    for (const name of names)
      expect(read(`runbooks/services/${name}`), name).toMatch(
        /^# yaml-language-server: \$schema=\.\.\/schema\.json\n/,
      );
    expect(existsSync(join(root, 'runbooks/services/../schema.json'))).toBe(true);
  });

  const signing = `whsec_${Buffer.alloc(32).toString('base64')}`;
  const load = (services: readonly string[]) =>
    loadCatalogue(
      [
        { path: 'playbook.yaml', text: read('runbooks/playbook.yaml') },
        ...services.map((text) => ({ path: `services/${/^service: (\S+)/m.exec(text)?.[1]}.yaml`, text })),
      ],
      {
        secrets: new Map([
          ['AIRE_SECRET_DEPLOY', ['token']],
          ['AIRE_SECRET_PROM', ['token']],
          ['AIRE_SECRET_DEPLOY_SIGNING', [signing]],
          ['AIRE_SECRET_EVALS', [signing]],
        ]),
        hasPublicUrl: true,
      },
    );

  it("README's examples are valid", () => {
    const examples = fencesOf(readme, 'yaml');
    expect(load(examples).services.all()).toHaveLength(2);
  });

  it("README's full example has every key of the schema", () => {
    const full = z.record(z.string(), z.unknown()).parse(parse(fencesOf(readme, 'yaml')[1] ?? ''));
    const schema = z.object({ properties: z.record(z.string(), z.unknown()) }).parse(serviceFileJsonSchema());
    expect(sorted(Object.keys(full))).toEqual(sorted(Object.keys(schema.properties)));
  });

  it('the mistakes README shows are found in these words', () => {
    const wrong = [
      '# yaml-language-server: $schema=../schema.json',
      'service: translate',
      'tier: 5',
      'owners: { team: language }',
      'declares: auto',
      'slos:',
      '  latency_p95: { dimension: performance, at_most: 5 sec }',
    ].join('\n');
    let said = '';
    try {
      load([wrong]);
    } catch (error) {
      said = messageOf(error);
    }
    expect(said.split('\n')).toHaveLength(3);
    expect(fencesOf(readme, 'text').map((block) => block.trim())).toContain(said);
  });
});

/** The playbook with each number of its triggers doubled, but for what a service can't change. */
function withOtherNumbers(text: string): Playbook {
  const fixed = ['title', 'source', 'severity', 'hold'];
  const other = (value: unknown): unknown => {
    if (typeof value === 'number') return 2 * value;
    if (typeof value === 'string')
      return value.replace(/^[\d.]+(?=[a-z%]+$)/, (amount) => String(2 * Number(amount)));
    if (Array.isArray(value)) return value.map(other);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, fixed.includes(key) ? inner : other(inner)]),
    );
  };
  const playbook = z.looseObject({ triggers: z.unknown() }).parse(parse(text));
  return playbookFile.parse({ ...playbook, triggers: other(playbook.triggers) });
}

describe('runbooks/TRIGGERS.md', () => {
  const playbook = playbookFile.parse(parse(read('runbooks/playbook.yaml')));
  const document = read('runbooks/TRIGGERS.md');

  it('is what the code makes of the playbook; npm run triggers writes it', () => {
    expect(document).toBe(triggersDocument(playbook));
  });

  const inService = (example: string) => `service: a\ntier: 1\nowners: { team: ml }\n${example}`;
  const faultsOf = (example: string) =>
    examineRunbooks(
      [
        { path: 'playbook.yaml', text: read('runbooks/playbook.yaml') },
        { path: 'services/a.yaml', text: inService(example) },
      ],
      { secrets: new Map(), hasPublicUrl: true },
    ).faults.map(({ message }) => message);

  it('has no example that `aire check` would refuse', () => {
    const examples = fencesOf(document, 'yaml');
    expect(examples.length).toBeGreaterThan(Object.keys(playbook.triggers).length);
    for (const example of examples) expect(faultsOf(example), example).toEqual([]);
    // A control: the same check finds what does not fit.
    expect(faultsOf('triggers: { latency: { drop: 5pp } }')[0]).toContain('this trigger has none');
  });

  it('shows of each trigger all of its numbers as they are, and those change nothing', () => {
    const sections = document.split(/^## /m).slice(1);
    const snippets = sections.map((section) => fencesOf(section, 'yaml')[0] ?? '');
    const others = withOtherNumbers(read('runbooks/playbook.yaml'));
    expect(others.triggers.growth).not.toEqual(playbook.triggers.growth);
    for (const [index, [name, rule]] of Object.entries(playbook.triggers).entries()) {
      const service = serviceFile.parse(parse(inService(snippets[index] ?? '')));
      expect(Object.keys(service.triggers)).toEqual([name]);
      expect(rulesOf(playbook, service)).toEqual(playbook.triggers);
      expect(rulesOf(others, service)[name], name).toEqual(rule);
    }
  });

  it('says that a status page fires `vendor`, and of no other trigger', () => {
    const saying = document.split(/^## /m).filter((section) => /status page/i.test(section));
    expect(saying.map((section) => section.split(':')[0])).toEqual(['`vendor`']);
  });

  it("README's table names them all", () => {
    const rows = sectionOf(readme, 'Connect alerts').match(/^\| `.*$/gm) ?? [];
    const named = rows.flatMap((row) => quotedIn(row.split('|')[1] ?? ''));
    expect(named).toEqual(expect.arrayContaining(Object.keys(playbook.triggers)));
  });
});

describe('commands', () => {
  const usageOf = (words: readonly string[]): string =>
    spawnSync(process.execPath, ['--import', 'tsx', 'src/main.ts', ...words, '--help'], {
      cwd: root,
      encoding: 'utf8',
    }).stdout;

  it('every aire command in README exists, and README has them all', () => {
    const named = sorted(
      quotedIn(readme)
        .filter((code) => code.startsWith('aire ') && code !== 'aire <command>')
        .map((code) => code.replace(/ <\w+>$/, '').slice('aire '.length)),
    );
    for (const command of named)
      expect(usageOf(command.split(' ')).split('\n', 1)[0], command).toMatch(
        new RegExp(`^Usage: aire ${command}( \\[options\\]| \\[command\\]| <\\w+>)*$`),
      );
    const commands = capturesOf(usageOf([]), /^ {2}([a-z]+)\s/gm).filter((name) => name !== 'help');
    expect(sorted(named.map((command) => command.split(' ')[0] ?? ''))).toEqual(sorted(commands));
    // A process for each of them.
  }, 120_000);

  it('control: a command that does not exist is not found', () => {
    expect(usageOf(['fly'])).not.toMatch(/^Usage: aire fly/);
  });

  it('every /aire command in README is understood, and README has them all', () => {
    const named = quotedIn(readme).filter((code) => code.startsWith('/aire '));
    const understood = named.map((code) => {
      const text = code.replace(/\[[^\]]*\]/g, '').slice('/aire '.length);
      return parseCommand(text).name;
    });
    expect(sorted(understood)).toEqual(['declare', 'help', 'list', 'resolve', 'review', 'services', 'show']);
    expect(parseCommand('incident explode').name).toBe('unknown');
  });

  it('every npm script in the documents exists', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')));
    const named = capturesOf(readme + read('ARCHITECTURE.md'), /npm run (?:--silent )?([a-z]+)/g);
    expect(sorted(named)).not.toEqual([]);
    for (const name of named) expect(Object.keys(scripts), name).toContain(name);
  });
});

describe('links and paths', () => {
  const documents = readdirSync(root).filter((name) => name.endsWith('.md'));

  it.each(documents)('the relative links of %s lead somewhere', (document) => {
    const text = withoutFences(read(document));
    for (const link of capturesOf(text, /\]\(([^)\s]+)\)/g).filter((each) => !/^https?:/.test(each))) {
      const [path = '', anchor] = link.split('#');
      expect(existsSync(join(root, path)), link).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(path === '' ? document : path), link).toContain(anchor);
    }
  });

  it.each(documents)('the files that %s names exist', (document) => {
    const named = quotedIn(read(document)).filter((code) =>
      /^(?:\.ci|lint|migrations|runbooks|src|templates|test)\/[\w./-]*$/.test(code),
    );
    for (const path of named) expect(existsSync(join(root, path)), path).toBe(true);
  });

  const anchorsOf = (document: string): string[] =>
    capturesOf(read(document), /^#+ (.+)$/gm).map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
});

/** Bot scopes by Web API method (reference integrations §1.7). */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.postEphemeral': ['chat:write'],
  // The incidents channel is named in the configuration: nobody has to have invited the bot.
  'chat.postMessage': ['chat:write', 'chat:write.public'],
  'chat.update': ['chat:write'],
  'conversations.create': ['channels:manage'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.invite': ['channels:manage'],
  'conversations.join': ['channels:join'],
  'conversations.list': ['channels:read', 'groups:read'],
  'conversations.setTopic': ['channels:manage'],
  'pins.add': ['pins:write'],
  'usergroups.list': ['usergroups:read'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'users.lookupByEmail': ['users:read.email'],
  'views.open': [],
  'views.update': [],
};

describe('slack-manifest.yaml', () => {
  const address = 'https://aire.example.com/slack/events';
  // Strict where something more would be asked of a workspace than the code uses.
  const manifest = z
    .object({
      features: z.object({
        slash_commands: z.array(
          z.object({
            command: z.string(),
            url: z.string(),
            usage_hint: z.string().max(1000),
            should_escape: z.boolean(),
          }),
        ),
        shortcuts: z.array(z.object({ name: z.string().max(24), type: z.string(), callback_id: z.string() })),
      }),
      oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string()) }) }),
      settings: z.strictObject({
        interactivity: z.strictObject({ is_enabled: z.boolean(), request_url: z.string() }),
        org_deploy_enabled: z.literal(false),
        socket_mode_enabled: z.literal(false),
        token_rotation_enabled: z.literal(false),
      }),
    })
    .parse(parse(read('slack-manifest.yaml')));
  const sources = readdirSync(join(root, 'src/adapters/slack'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => read(join('src/adapters/slack', path)));

  it('asks for exactly the scopes that the code uses', () => {
    const methods = sorted(
      sources.flatMap((source) => capturesOf(source, /\bclient\.([a-zA-Z]+(?:\.[a-zA-Z]+)+)\(/g)),
    );
    expect(methods.length).toBeGreaterThan(10);
    const needed = methods.flatMap((method) => {
      const scopes = SCOPES[method];
      if (scopes === undefined) throw new Error(`${method} is used: say here which scopes it needs`);
      return scopes;
    });
    // `commands` is for the slash command and the shortcut, which no method stands for.
    expect(sorted(manifest.oauth_config.scopes.bot)).toEqual(sorted(['commands', ...needed]));
    expect(new Set(manifest.oauth_config.scopes.bot).size).toBe(manifest.oauth_config.scopes.bot.length);
    expect(sorted(Object.keys(SCOPES))).toEqual(methods);
  });

  it('asks for exactly the scopes that aire check expects', () => {
    expect(sorted(Object.keys(BOT_SCOPES))).toEqual(sorted(manifest.oauth_config.scopes.bot));
  });

  it('has the command, whose hint is understood, and the shortcut that the code listens to', () => {
    const [command, ...others] = manifest.features.slash_commands;
    expect(others).toEqual([]);
    expect(command).toMatchObject({ command: '/aire', url: address, should_escape: false });
    const hinted = (command?.usage_hint ?? '').split(/[|,]/).map((words) => words.trim());
    for (const words of hinted) expect(parseCommand(words).name, words).not.toBe('unknown');
    expect(manifest.features.shortcuts).toMatchObject([{ type: 'global', callback_id: DECLARE_SHORTCUT }]);
    const commands = sources.flatMap((source) => capturesOf(source, /\bapp\.command\('([^']+)'/g));
    expect(commands).toEqual(['/aire']);
  });

  it('sends interactivity to aire, and subscribes to events exactly if the code listens to some', () => {
    expect(manifest.settings.interactivity).toEqual({ is_enabled: true, request_url: address });
    expect(sources.flatMap((source) => capturesOf(source, /\bapp\.(event|message)\b/g))).toEqual([]);
    expect(Object.keys(ACTIONS).length).toBeGreaterThan(0);
  });
});
