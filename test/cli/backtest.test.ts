import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type BacktestFlags, backtest } from '../../src/cli/backtest.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aire-backtest-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** What `aire backtest` says of this file. */
async function run(csv: string, flags: Partial<BacktestFlags> = {}): Promise<string> {
  const file = join(directory, 'series.csv');
  await writeFile(file, csv);
  const said: string[] = [];
  await backtest(
    file,
    { trigger: 'eval_score_drop', set: [], ...flags },
    (line) => said.push(line),
    'runbooks',
  );
  return said.join('\n');
}

const time = (index: number): string => new Date(Date.UTC(2026, 10, 10) + index * 600_000).toISOString();
/** A check each ten minutes. */
function series(values: readonly number[], samples = 200): string {
  return [
    'timestamp,value,samples',
    ...values.map((value, index) => `${time(index)},${value},${samples}`),
    '',
  ].join('\n');
}
const healthy = (count: number): number[] => new Array<number>(count).fill(0.95);
const DROP = [...healthy(20), 0.86, 0.84, 0.85, ...healthy(20)];

const report = z.object({
  fired: z.number(),
  episodes: z.array(
    z.object({
      suspectedAt: z.string().optional(),
      firedAt: z.string().optional(),
      clearedAt: z.string().optional(),
      severity: z.string(),
      value: z.number(),
      baseline: z.number(),
    }),
  ),
  notEvaluable: z.array(z.object({ reason: z.string(), count: z.number() })),
});
const json = async (csv: string, ...set: string[]) =>
  report.parse(JSON.parse(await run(csv, { json: true, set })));

describe('aire backtest', () => {
  it('says when a rule would have fired and cleared, against what, and what could not be evaluated', async () => {
    expect(await run(series(DROP))).toBe(
      [
        'suspected at  fired at              cleared at            severity  value   compared with',
        '-             2026-11-10 03:20 UTC  2026-11-10 03:50 UTC  SEV1      86.0 %  95.0 %',
        '  Task completion rate 86.0 % is 9.0 points below its baseline of 95.0 % (trailing 7 days; 200 samples). The limit is 5 points.',
        '',
        'eval_score_drop on task_completion_rate: 43 checks from 2026-11-10 00:00 UTC to 2026-11-10 07:00 UTC. Fired 1 time; 0 crossings did not fire.',
        'Not evaluable: 12 checks (27.9 %).',
        '  12 × Task completion rate: no baseline yet: 11 of 12 healthy measurements in 7 days',
      ].join('\n'),
    );
  });

  it('plays each check as the newest one: what comes later changes nothing before', async () => {
    const whole = await json(series(DROP));
    const half = await json(series(DROP.slice(0, 22)));
    const { clearedAt: _later, ...asSeenThen } = whole.episodes[0] ?? {};
    expect(half.episodes).toEqual([asSeenThen]);
  });

  it('suspects a small sample first, and fires when the checks that follow confirm it', async () => {
    const small = await json(series([...healthy(40), 0.86, 0.86, 0.86, 0.86, 0.86, 0.86], 50));
    expect(small.episodes).toMatchObject([{ suspectedAt: time(40) }]);
    expect(small.episodes[0]?.firedAt).toBeDefined();
    expect(small.episodes[0]?.firedAt).not.toBe(time(40));
  });

  it('keeps firing for longer than the window of checks, with the baseline of its beginning', async () => {
    const long = await json(series([...healthy(100), ...new Array<number>(80).fill(0.8), ...healthy(5)]));
    expect(long.episodes).toMatchObject([{ firedAt: time(100), clearedAt: time(180), baseline: 0.95 }]);
  });

  it.each([
    ['drop=20pp', 0],
    ['for=20m', 1],
    ['for=1h', 0],
    ['min_samples=500', 1],
    ['min_samples=5000', 0],
    ['baseline=80%', 0],
    ['below=90%', 1],
    ['below=80%', 0],
  ] as const)('with --set %s fires %s times', async (setting, fired) => {
    const sized = series([...healthy(40), 0.84, 0.84, 0.84, 0.84, ...healthy(5)]);
    const lasting = sized.replace('samples', 'window_s');
    expect((await json(setting.startsWith('for') ? lasting : sized, setting)).fired).toBe(fired);
  });

  it.each([
    [[], 1],
    [['at_least=10'], 0],
    [['p=0.0001'], 0],
    [['within=3h'], 0],
    [['within=3h', 'p=0.05'], 1],
    [['against=2h'], 0],
    [['above=8'], 1],
    [['above=9'], 0],
    [['above=9', 'within=1h'], 1],
  ] as const)('a spike of counts: with --set %j it fires %s times', async (set, fired) => {
    const counts = [...new Array<number>(30).fill(2), 9, 2, 2, 2];
    const csv = [
      'timestamp,value,window_s',
      ...counts.map((count, hour) => `${1_794_300_000 + hour * 3600},${count},3600`),
    ].join('\n');
    const said = await run(csv, { trigger: 'user_reports', json: true, set: [...set] });
    expect(report.parse(JSON.parse(said)).fired).toBe(fired);
    // Without the time they were counted in they are no counts (control).
    const without = await run(csv.replace(',window_s', ',samples'), { trigger: 'user_reports' });
    expect(without).toContain('34 × User reports: a count says nothing without the time');
  });

  it('with --set confirm=exact counts the limit as it stands', async () => {
    const csv = series([...healthy(40), 0.88, ...healthy(5)], 50);
    expect((await json(csv)).fired).toBe(0);
    expect((await json(csv, 'confirm=exact')).fired).toBe(1);
  });

  it('sorts by time, merges one moment, reads quotes, CRLF and unix seconds, and says what it did', async () => {
    const [header = '', ...lines] = series(DROP).trimEnd().split('\n');
    const unix = lines.map((line) => line.replace(/^[^,]+/, (at) => `"${Date.parse(at) / 1000}"`));
    const shuffled = ['\uFEFFtimestamp,value,"samples"', ...unix.toReversed(), unix[3] ?? '', ''].join(
      '\r\n',
    );
    const said = await run(shuffled);
    expect(said).toContain('The lines were not in order of time; they are now.');
    expect(said).toContain('1 line has the time of another');
    expect(said).toContain((await run([header, ...lines].join('\n'))).split('\n')[1]);
  });

  it('takes the lines of one SLI, and says that others were left out', async () => {
    const both =
      'timestamp,value,sli\n2026-11-10T00:00:00Z,0.9,refusal_rate\n2026-11-10T00:00:00Z,0.9,task_completion_rate\n';
    expect(await run(both)).toContain('on task_completion_rate: 1 check ');
    expect(await run(both, { sli: 'refusal_rate' })).toContain('1 lines are of other SLIs');
  });

  it.each([
    ['', 'Line 1: the header is "", which lacks "timestamp"'],
    ['timestamp,value\n', 'The file has no measurements'],
    ['time,value\n1,1', 'Line 1: the header is "time,value", '],
    ['timestamp;value\n1;1', 'Line 1: the header is "timestamp;value"'],
    ['timestamp,value\n2026-11-10T00:00:00Z,NaN', 'Line 2: value "NaN" is no number'],
    ['timestamp,value\n2026-11-10T00:00:00Z,', 'Line 2: value "" is no number'],
    [
      'timestamp,value\n2026-11-10T00:00:00Z,95',
      'Line 2: value 95 is outside 0–1; rates are fractions (0.95, not 95)',
    ],
    ['timestamp,value\n2026-11-10,0.9', 'Line 2: timestamp "2026-11-10" can\'t be read'],
    ['timestamp,value\n1794300000000,0.9', 'Line 2: timestamp 1794300000000 is not in seconds'],
    ['timestamp,value\n\n1794300000,0.9,1', 'Line 3: has 3 fields, the header has 2'],
    ['timestamp,value\n"1794300000,0.9', 'Line 2: has a quote out of place'],
    ['timestamp,value,samples\n1794300000,0.9,-1', 'Line 2: samples "-1" is no count'],
  ])('refuses %j by line and reason', async (csv, message) => {
    await expect(run(csv)).rejects.toThrow(message);
  });

  it.each([
    [{ trigger: 'nothing' }, 'There is no trigger "nothing"; there is: eval_score_drop, latency'],
    [{ trigger: 'slo_burn' }, '"slo_burn" watches no SLI'],
    [{ sli: 'latency_p95' }, '"eval_score_drop" does not watch "latency_p95"'],
    [{ service: 'nobody' }, 'There is no service "nobody"; there is: llm-inference, support-agent.'],
    [{ trigger: 'user_reports', set: ['for=1h'] }, '--set for=1h: a spike has a window of its own'],
    [{ set: ['at_least=x'] }, '--set at_least=x: '],
    [{ set: ['drop'] }, '--set drop: write key=value'],
    [{ set: ['drop=5'] }, '--set drop=5: '],
    [{ set: ['slope=3pp'] }, '--set slope=3pp: Unrecognized key'],
    [{ set: ['confirm=never'] }, '--set confirm=never: write confirm=exact'],
  ])('refuses %j', async (flags, message) => {
    await expect(run(series(DROP), flags)).rejects.toThrow(message);
  });

  it("says why a rule that must last can't, when the checks are too far apart", async () => {
    const csv = `timestamp,value\n${healthy(30)
      .map((_, index) => `${time(index)},1`)
      .join('\n')}`;
    expect(await run(csv, { trigger: 'latency' })).toContain('Checks are 10 min apart');
    expect(await run(csv, { trigger: 'latency', set: ['for=1h'] })).not.toContain('apart');
  });

  it('writes a chart without scripts, with names from files escaped', async () => {
    const chart = join(directory, 'out.svg');
    await run(series(DROP), { chart });
    const svg = await readFile(chart, 'utf8');
    expect(svg).toMatch(/^<svg xmlns=/);
    expect(svg).toContain('fired 1 time, 0 crossings');
    expect(svg).toMatch(/class="firing" d="M[\d.]+ 64h/);
    expect(svg).not.toMatch(/<script|NaN|undefined|Infinity/);
  });
});
