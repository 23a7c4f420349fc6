import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { lintPlanted } from './biome-run.ts';

/** In the order of ARCHITECTURE.md: each may import only those before it. */
const features = [
  'services',
  'signals',
  'triggers',
  'runbooks',
  'incidents',
  'mitigations',
  'golden-dataset',
  'postmortems',
  'reviews',
  'drills',
  'catalogue',
];
const adapters = ['http', 'slack', 'db', 'alert-sources', 'stand-ins'];

/** The folders a file of a layer may lie in, with the way up from there to the layer's parent. */
const depths = [
  { below: '', up: '..' },
  { below: '/one', up: '../..' },
  { below: '/one/two', up: '../../..' },
];

/** `at` is a folder or one `.ts` file; `says` is what the linter must say, absent where it must stay silent. */
interface Plant {
  at: string;
  source: string;
  says?: string;
}

/** Lints all plants together and compares every verdict at once, so a failure names each plant that differs. */
function check(plants: Plant[]): void {
  const planted = plants.map(({ at, source, says }, index) => {
    return { file: at.endsWith('.ts') ? at : `${at}/planted-${index}.ts`, source, says };
  });
  const said = lintPlanted(Object.fromEntries(planted.map(({ file, source }) => [file, source])));
  expect(planted.map(({ file, source }) => ({ file, source, said: said.get(file)?.join('\n') }))).toEqual(
    planted.map(({ file, source, says }) => ({
      file,
      source,
      said: says === undefined ? '' : expect.stringContaining(says),
    })),
  );
}

it('lets a feature import the features above it and refuses those below it, at any depth', () => {
  const below = 'features import only the features above them';
  const pairs = features.flatMap((from, i) => features.map((to, j) => ({ from, to, allowed: j <= i })));
  check(
    pairs.flatMap(({ from, to, allowed }) =>
      depths.map((depth) => ({
        at: `src/${from}${depth.below}`,
        source: `import '${depth.up}/${to}/planted.ts';`,
        ...(allowed ? {} : { says: below }),
      })),
    ),
  );
});

it('sees every form of import, in tests too', () => {
  const says = 'features import only the features above them';
  check([
    { at: 'src/services', source: `import type { X } from '../triggers/x.ts';\nexport type Y = X;`, says },
    { at: 'src/services', source: `export * from '../triggers/x.ts';`, says },
    { at: 'src/services', source: `export { x } from '../triggers/x.ts';`, says },
    { at: 'src/services', source: `export const x = await import('../triggers/x.ts');`, says },
    { at: 'src/services', source: `import './../triggers/x.ts';`, says },
    { at: 'src/services', source: `import '../../src/triggers/x.ts';`, says },
    { at: 'src/services/x.test.ts', source: `import '../triggers/x.ts';`, says },
    {
      at: 'src/services',
      source: `export type X = import('../triggers/x.ts').X;`,
      says: `no import('…') types`,
    },
  ]);
});

it('keeps adapters, app, cli and main out of features', () => {
  const says = 'features never import adapters, app, cli or main';
  const outer = ['adapters/db/x.ts', 'adapters/one/two/x.ts', 'app.ts', 'app-jobs.ts', 'cli/x.ts', 'main.ts'];
  check(
    features.flatMap((feature) => [
      ...outer.flatMap((path) =>
        depths.map(({ below, up }) => ({
          at: `src/${feature}${below}`,
          source: `import '${up}/${path}';`,
          says,
        })),
      ),
      { at: `src/${feature}/x.test.ts`, source: `import '../adapters/db/x.ts';`, says },
      {
        at: `src/${feature}`,
        source: `import '../errors.ts';\nimport './approval.ts';\nimport './app-version.ts';`,
      },
    ]),
  );
});

it('keeps IO and vendors out of features', () => {
  const says = 'features do no IO and know no vendor';
  const io = ['fs', 'fs/promises', 'http', 'https', 'net', 'child_process', 'dns', 'dns/promises', 'process'];
  const vendors = ['@slack/bolt', '@slack/types', '@electric-sql/pglite', '@electric-sql/pglite/live'];
  const packages = ['drizzle-orm', 'drizzle-orm/pg-core', 'pg', 'undici', 'pino', 'simple-git'];
  const refused = [...io, ...io.map((name) => `node:${name}`), ...vendors, ...packages];
  check(
    features.flatMap((feature) => [
      ...refused.map((name) => ({ at: `src/${feature}`, source: `import '${name}';`, says })),
      { at: `src/${feature}/io.test.ts`, source: `import 'node:fs';`, says },
      { at: `src/${feature}`, source: `import 'zod';\nimport 'node:crypto';\nimport './http.ts';` },
    ]),
  );
});

it('keeps adapters apart, and lets them import features and their own folders', () => {
  const says = 'adapters never import each other';
  const others = (name: string) => adapters.filter((adapter) => adapter !== name);
  check(
    adapters.flatMap((adapter) =>
      depths.flatMap(({ below, up }): Plant[] => {
        const at = `src/adapters/${adapter}${below}`;
        return [
          ...others(adapter).map((other) => ({ at, source: `import '${up}/${other}/x.ts';`, says })),
          ...others(adapter).map((other) => ({
            at,
            source: `import '${up}/../adapters/${other}/x.ts';`,
            says,
          })),
          { at, source: `import './${others(adapter)[0]}/x.ts';\nimport '${up}/../services/x.ts';` },
          { at, source: `import '${up}/../errors.ts';\nimport '@slack/bolt';\nimport 'node:fs';` },
        ];
      }),
    ),
  );
  check([
    { at: 'src/adapters/stand-ins/slack', source: `import '../pagerduty/x.ts';` },
    { at: 'src/adapters/stand-ins/slack', source: `import '../../pagerduty/x.ts';`, says },
    { at: 'src/adapters/slack/bolt', source: `import '../app.ts';` },
  ]);
});

it('keeps app, cli and main out of adapters', () => {
  const says = 'adapters never import app, cli or main';
  check(
    ['app.ts', 'app-jobs.ts', 'cli/x.ts', 'main.ts'].flatMap((path) =>
      depths.map(({ below, up }) => ({
        at: `src/adapters/db${below}`,
        source: `import '${up}/../${path}';`,
        says,
      })),
    ),
  );
});

it('keeps the kernel free of everything else', () => {
  const says = 'the kernel imports only the kernel';
  const kernel = ['errors', 'time', 'ids', 'verb', 'log', 'standard-webhooks', 'config', 'config-secrets'];
  const outer = [
    ...features.map((name) => `${name}/x.ts`),
    'adapters/db/x.ts',
    'cli/x.ts',
    'app.ts',
    'main.ts',
  ];
  check([
    ...outer.map((path) => ({ at: 'src', source: `import './${path}';`, says })),
    ...kernel.map((name) => ({ at: `src/${name}.ts`, source: `import './services/x.ts';`, says })),
    ...kernel.map((name) => ({ at: `src/${name}-x.ts`, source: `import './errors.ts';\nimport 'node:fs';` })),
  ]);
});

it('lets only app and cli see adapters, and keeps main, cli and app in that order', () => {
  check([
    { at: 'src/app.ts', source: `import './adapters/db/x.ts';\nimport './adapters/slack/x.ts';` },
    { at: 'src/app-jobs.ts', source: `import './adapters/db/x.ts';\nimport './drills/x.ts';` },
    {
      at: 'src/cli',
      source: `import '../adapters/db/x.ts';\nimport '../adapters/slack/x.ts';\nimport '../app.ts';`,
    },
    { at: 'src/main.ts', source: `import './cli/x.ts';\nimport './config.ts';` },
    { at: 'src/main-x.ts', source: `import './adapters/db/x.ts';`, says: 'main never imports an adapter' },
    { at: 'src/app-a.ts', source: `import './cli/x.ts';`, says: 'app never imports cli or main' },
    { at: 'src/app-b.ts', source: `import './main.ts';`, says: 'app never imports cli or main' },
    { at: 'src/cli', source: `import '../main.ts';`, says: 'cli never imports main' },
  ]);
});

it('keeps test/ out of src, and lets test/ import anything', () => {
  const says = 'nothing under src imports test/';
  const folders = ['src/services/one', 'src/adapters/db', 'src/adapters/db/one/two', 'src/cli', 'src/app'];
  check([
    ...folders.map((at) => ({ at, source: `import '${up(at)}/test/support/x.ts';`, says })),
    ...['src/app.ts', 'src/main.ts', 'src/ids.ts'].map((at) => ({
      at,
      source: `import '../test/x.ts';`,
      says,
    })),
    { at: 'test/e2e', source: `import '../../src/app.ts';\nimport '../support/x.ts';\nimport 'pg';` },
  ]);
});

it('reads the environment in config.ts only', () => {
  const says = `Don't use process.env`;
  const source = 'export const port = process.env.PORT;';
  check([
    ...['src/services', 'src/adapters/db', 'src/cli', 'src/app.ts', 'src/main.ts', 'src/ids.ts'].map((at) => {
      return { at, source, says };
    }),
    { at: 'src/adapters/db', source: `import { env } from 'node:process';\nexport const x = env.X;`, says },
    { at: 'src/config.ts', source },
    { at: 'test/support', source },
  ]);
});

it('keeps the wall clock and chance out of features', () => {
  const says = 'features never read the wall clock or chance';
  const impure = ['Date.now()', 'new Date()', 'new Date', 'Date()', 'Math.random()', 'performance.now()'];
  check([
    ...features.flatMap((feature) =>
      impure.map((call) => ({ at: `src/${feature}/one`, source: `export const x = [${call}];`, says })),
    ),
    { at: 'src/services', source: 'export function f(at: Date = new Date()) { return at; }', says },
    { at: 'src/services', source: 'export const x = (at: string) => [new Date(at), Date.parse(at)];' },
    { at: 'src/services/x.test.ts', source: 'export const x = new Date();' },
    { at: 'src/time.ts', source: 'export const x = new Date();' },
  ]);
});

it('knows every folder under src', () => {
  const source = fileURLToPath(new URL('../../src', import.meta.url));
  const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const known = [...features, 'adapters', 'app', 'cli'];
  expect(folders.map((entry) => entry.name).filter((name) => !known.includes(name))).toEqual([]);
});

function up(folder: string): string {
  return folder.replaceAll(/[^/]+/g, '..');
}
