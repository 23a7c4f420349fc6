/** The value below which the share `q` of the values lies (nearest rank). NaN of no values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}

/** `1.23 (1.10–1.40)`: the median, the least and the greatest. */
export function spread(values: readonly number[], digits: number): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

/** The least-squares slope of y over x, and half of its 95 % interval (normal approximation; give 30 points or more). */
export function slope(points: readonly { x: number; y: number }[]): { slope: number; within: number } {
  const n = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / n;
  const sxx = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const sxy = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const b = sxy / sxx;
  const rest = points.reduce((sum, { x, y }) => sum + (y - meanY - b * (x - meanX)) ** 2, 0);
  return { slope: b, within: 1.96 * Math.sqrt(rest / (n - 2) / sxx) };
}
