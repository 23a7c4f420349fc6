import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The rules that hold the architecture; what other rules say about a planted file does not matter. */
const architectureRules = ['lint/style/noRestrictedImports', 'lint/style/noProcessEnv', 'plugin'];

interface BiomeReport {
  diagnostics: { category: string; message: string; location: { path: string } }[];
}

/**
 * Writes `files` (path from the root → source) into an empty directory that has this project's Biome settings,
 * lints it, and returns for each path what the architecture rules said, in the order of the source. The work tree
 * is not touched. Throws when Biome refuses its settings.
 */
export function lintPlanted(files: Record<string, string>): Map<string, string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'aire-lint-'));
  try {
    for (const path of ['biome.json', '.gitignore', 'lint']) {
      cpSync(join(root, path), join(directory, path), { recursive: true });
    }
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), source);
    }
    const found = new Map(Object.keys(files).map((path): [string, string[]] => [path, []]));
    for (const { category, message, location } of runBiome(directory).diagnostics) {
      if (architectureRules.includes(category)) found.get(location.path)?.push(message);
    }
    return found;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function runBiome(directory: string): BiomeReport {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const options = ['lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const { stdout, stderr } = spawnSync(process.execPath, [biome, ...options], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  // It exits 1 when it finds something, which planted files are for; without a report it did not run at all.
  if (!stdout.startsWith('{')) throw new Error(`biome wrote no report: ${stderr}${stdout}`);
  return JSON.parse(stdout);
}
