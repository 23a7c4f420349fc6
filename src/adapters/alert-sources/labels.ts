/** Labels kept of an alert. */
const MAX_LABELS = 64;
const MAX_LENGTH = 200;

/**
 * The labels of an alert as they are kept: at most 64, names and values of at most 200 characters. A number that the
 * annotation `value` carries becomes the label `value`; an annotation is the newer of the two, since labels identify.
 */
export function boundedLabels(
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): Record<string, string> {
  const value = numberIn(annotations.value) ?? numberIn(labels.value);
  const others = Object.entries(labels).filter(([name]) => value === undefined || name !== 'value');
  const all = value === undefined ? others : [['value', String(value)] as const, ...others];
  return Object.fromEntries(all.slice(0, MAX_LABELS).map(([name, text]) => [clipped(name), clipped(text)]));
}

/** At most 200 characters, none of them cut in half. */
export function clipped(text: string): string {
  return text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
}

/** A finite number as Prometheus writes `{{ $value }}`; `5 %`, `NaN` and `+Inf` are none. */
export function numberIn(text: string | undefined): number | undefined {
  const plain = text?.trim() ?? '';
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(plain)) return undefined;
  return Number.isFinite(Number(plain)) ? Number(plain) : undefined;
}
