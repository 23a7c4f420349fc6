import { formatSliValue, type SliUnit, sliDefinition } from '../../services/slis.ts';
import { formatUtc } from '../../time.ts';
import type { Episode, PlayedPoint, PlayedSeries } from './episodes.ts';
import type { Subject } from './what-if.ts';

const WIDTH = 960;
const HEIGHT = 420;
const PLOT = { left: 78, right: 940, top: 64, bottom: 340 };

const STYLE = `
text{font:13px system-ui,sans-serif;fill:#333}.title{font-size:16px;font-weight:600;fill:#111}.small{font-size:12px}
.ground{fill:#fff}.axis{stroke:#999;fill:none}.grid{stroke:#e4e4e4}.series{stroke:#1f5fa8;fill:none;stroke-width:1.5}
.dot{fill:#1f5fa8}.baseline{stroke:#111;fill:none;stroke-width:1.5;stroke-dasharray:6 4}
.limit{stroke:#c62828;fill:none;stroke-width:1.5;stroke-dasharray:2 3}.suspected{fill:#f5b700;opacity:.28}.firing{fill:#d32f2f;opacity:.24}
@media (prefers-color-scheme:dark){text{fill:#ccc}.title{fill:#eee}.ground{fill:#16181c}.axis{stroke:#777}.grid{stroke:#2c3036}
.series{stroke:#7db7f5}.dot{fill:#7db7f5}.baseline{stroke:#fff}.limit{stroke:#ff7b72}.suspected{opacity:.35}.firing{opacity:.4}}`;

/** A played series as a static SVG: values, what they are compared with, the limit, and when it was suspected and fired. */
export function chartOf(subject: Subject, { points, episodes }: PlayedSeries): string {
  const definition = sliDefinition(subject.sli, subject.service.slis);
  const values = points.map(({ at, value }) => ({ at: at.getTime(), y: value }));
  const baseline = points.map((each) => ({ at: each.at.getTime(), y: each.baseline }));
  const limit = points.map((each) => ({ at: each.at.getTime(), y: limitOf(subject, each) }));
  const { x, y, ticks } = scales([...values, ...baseline, ...limit]);
  const [from, to] = [values[0]?.at ?? 0, values.at(-1)?.at ?? 0];
  // One path a kind: what overlaps in a pixel is not darker.
  const spans = (kind: string, times: readonly (readonly [Date | undefined, Date | undefined])[]): string => {
    const boxes = times.map(([start, end]) => {
      if (start === undefined) return '';
      const left = x(start.getTime());
      const width = Math.max(1.5, x(end?.getTime() ?? to) - left).toFixed(1);
      return `M${left.toFixed(1)} ${PLOT.top}h${width}V${PLOT.bottom}h-${width}z`;
    });
    return `<path class="${kind}" d="${boxes.join('')}"/>`;
  };
  const usesBaseline = isRelative(subject);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${escapeXml(`${subject.rule.title}: ${definition.title} of ${subject.service.service}`)}</title>`,
    `<style>${STYLE}</style><rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="title" x="${PLOT.left}" y="28">${escapeXml(`${subject.rule.title}: ${definition.title}`)}</text>`,
    `<text class="small" x="${PLOT.left}" y="48">${escapeXml(summary(subject, episodes))}</text>`,
    spans(
      'suspected',
      episodes.map((each) => [each.suspectedAt, each.firedAt ?? each.clearedAt]),
    ),
    spans(
      'firing',
      episodes.map((each) => [each.firedAt, each.clearedAt]),
    ),
    ...ticks.map((tick) => gridLine(tick, y(tick), definition.unit)),
    ...timeLabels(from, to, x),
    `<path class="axis" d="M${PLOT.left} ${PLOT.top}V${PLOT.bottom}H${PLOT.right}"/>`,
    `<path class="series" d="${path(values, x, y)}"/>`,
    ...(values.length > 200
      ? []
      : values.map(
          (each) => `<circle class="dot" cx="${x(each.at).toFixed(1)}" cy="${y(each.y).toFixed(1)}" r="2"/>`,
        )),
    ...(usesBaseline ? [`<path class="baseline" d="${path(baseline, x, y)}"/>`] : []),
    `<path class="limit" d="${path(limit, x, y)}"/>`,
    ...legend(usesBaseline),
    '</svg>\n',
  ].join('\n');
}

interface Point {
  readonly at: number;
  readonly y: number | undefined;
}

function isRelative({ rule, sli }: Subject): boolean {
  const { above, below } = rule.slis[sli] ?? {};
  return above === undefined && below === undefined;
}

/** What fires clears half-way back, so the limit lies twice as far from what it is compared with. */
function limitOf({ rule, sli }: Subject, { baseline, recoveredWithin = 0 }: PlayedPoint): number | undefined {
  const { drop, below } = rule.slis[sli] ?? {};
  if (baseline === undefined) return undefined;
  const distance = 2 * recoveredWithin;
  return drop !== undefined || below !== undefined ? baseline - distance : baseline + distance;
}

function summary({ service, trigger }: Subject, episodes: readonly Episode[]): string {
  const fired = episodes.filter((each) => each.firedAt !== undefined).length;
  return `${service.service}, ${trigger}: fired ${fired} ${fired === 1 ? 'time' : 'times'}, ${episodes.length - fired} crossings did not fire`;
}

/** Linear scales over all points, with round ticks. */
function scales(points: readonly Point[]) {
  let [left, right, least, most] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { at, y } of points) {
    [left, right] = [Math.min(left, at), Math.max(right, at)];
    if (y !== undefined) [least, most] = [Math.min(least, y), Math.max(most, y)];
  }
  const range = most - least || Math.abs(most) || 1;
  const magnitude = 10 ** Math.floor(Math.log10(range / 4));
  const step = magnitude * ([1, 2, 5, 10].find((factor) => factor * magnitude >= range / 4) ?? 10);
  const bottom = Math.floor(least / step);
  const top = Math.max(bottom + 1, Math.ceil(most / step));
  return {
    x: (at: number) => PLOT.left + ((at - left) / (right - left || 1)) * (PLOT.right - PLOT.left),
    y: (value: number) => PLOT.bottom - ((value / step - bottom) / (top - bottom)) * (PLOT.bottom - PLOT.top),
    ticks: Array.from({ length: top - bottom + 1 }, (_, index) => (bottom + index) * step),
  };
}

/**
 * A line with a gap where there is no value. Of many points in one pixel column the first, least, greatest and last are
 * drawn, which looks the same.
 */
function path(points: readonly Point[], x: (at: number) => number, y: (value: number) => number): string {
  const parts: string[] = [];
  let isDrawing = false;
  let column: { at: number; y: number }[] = [];
  const flush = (): void => {
    const [first, last] = [column[0], column.at(-1)];
    if (first === undefined || last === undefined) return;
    const sorted = [...column].sort((a, b) => a.y - b.y);
    const kept = column.length <= 4 ? column : [first, sorted[0] ?? first, sorted.at(-1) ?? last, last];
    for (const each of kept) {
      parts.push(`${isDrawing ? 'L' : 'M'}${x(each.at).toFixed(1)} ${y(each.y).toFixed(1)}`);
      isDrawing = true;
    }
    column = [];
  };
  for (const { at, y: value } of points) {
    const [head] = column;
    if (head !== undefined && (value === undefined || Math.floor(x(at)) !== Math.floor(x(head.at)))) flush();
    if (value === undefined) isDrawing = false;
    else column.push({ at, y: value });
  }
  flush();
  return parts.join('');
}

function gridLine(value: number, at: number, unit: SliUnit): string {
  const height = at.toFixed(1);
  return `<path class="grid" d="M${PLOT.left} ${height}H${PLOT.right}"/><text class="small" x="${PLOT.left - 8}" y="${(at + 4).toFixed(1)}" text-anchor="end">${escapeXml(formatSliValue(+value.toPrecision(12), unit))}</text>`;
}

function timeLabels(from: number, to: number, x: (at: number) => number): readonly string[] {
  return [0, 1 / 3, 2 / 3, 1].map((share) => {
    const at = from + share * (to - from);
    const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle';
    return `<text class="small" x="${x(at).toFixed(1)}" y="${PLOT.bottom + 20}" text-anchor="${anchor}">${formatUtc(new Date(at))}</text>`;
  });
}

function legend(usesBaseline: boolean): readonly string[] {
  const line = (kind: string): string => `<path class="${kind}" d="M0 0h26"/>`;
  const box = (kind: string): string => `<rect class="${kind}" y="-6" width="26" height="12"/>`;
  const entries: readonly (readonly [string, string])[] = [
    [line('series'), 'value'],
    ...(usesBaseline ? [[line('baseline'), 'baseline'] as const] : []),
    [line('limit'), 'limit'],
    [box('suspected'), 'suspected'],
    [box('firing'), 'firing'],
  ];
  return entries.map(
    ([sign, text], index) =>
      `<g transform="translate(${PLOT.left + index * 130} ${HEIGHT - 32})">${sign}<text x="34" y="4">${text}</text></g>`,
  );
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '');
}
