import type { Alert } from './signal.ts';

/** What an alert's line says after its status: `: 0.62, threshold 0.8`, and that no recovery will come. */
export function alertDetail({ value, threshold, neverRecovers }: Alert): string {
  const numbers = [
    ...(value === undefined ? [] : [String(value)]),
    ...(threshold === undefined ? [] : [`threshold ${threshold}`]),
  ].join(', ');
  return `${numbers === '' ? '' : `: ${numbers}`}${neverRecovers === true ? '. Its sender never says when it is over.' : ''}`;
}
