import type { SliDefinition } from '../services/slis.ts';
import { MOST_VALUES } from '../signals/label-bounds.ts';

/** A part of what an SLI measures: the measurements that carry this value of a label (design §8, `baseline.slices`). */
export interface Slice {
  readonly label: string;
  /** As the sender wrote it, untrusted. */
  readonly value: string;
}

/** A service may ask for this many labels. */
export const MOST_SLICE_LABELS = 5;
/** Values of one label that are watched of an SLI: those measured last. */
export const MOST_SLICES = MOST_VALUES;

const SHOWN = 60;

/** `eval_score_drop:task_completion_rate{language=de}`: the key of a finding of an SLI, or of a slice of it. */
export function sliFindingKey(trigger: string, sli: string | undefined, slice?: Slice): string {
  return `${trigger}:${sli}${slice === undefined ? '' : `{${slice.label}=${slice.value}}`}`;
}

/**
 * `for language de`: one short line of the sender's value, between quotes where it is more than a plain word. It is no
 * markup yet: who shows it in Slack escapes it like every other reason.
 */
export function sliceWords({ label, value }: Slice): string {
  const line = value
    .replaceAll(/[\p{Cc}\p{Cf}\p{Z}]+/gu, ' ')
    .replaceAll(/[“”]/g, '"')
    .trim();
  const letters = [...line];
  const short = letters.length <= SHOWN ? line : `${letters.slice(0, SHOWN - 1).join('')}…`;
  return `for ${labelWords(label)} ${/^[\w.:/-]+$/.test(short) ? short : `“${short}”`}`;
}

/** `model version` */
export function labelWords(label: string): string {
  return label.replaceAll('_', ' ');
}

/** `Task completion rate`, or of a slice `Task completion rate for language de`. */
export function sliTitle({ title }: Pick<SliDefinition, 'title'>, slice: Slice | undefined): string {
  return slice === undefined ? title : `${title} ${sliceWords(slice)}`;
}
