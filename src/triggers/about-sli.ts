import { sliDefinition } from '../services/slis.ts';
import { formatDuration } from '../time.ts';
import type { Check } from './evidence.ts';
import { freshUntil, polledEvery } from './freshness.ts';
import { plainSeverity } from './rule-severity.ts';
import type { SliQuestion } from './sli-question.ts';
import { sliFindingKey, sliTitle } from './slice.ts';
import type { Finding } from './trigger.ts';

/** What every finding of an SLI, or of a slice of it, says whatever it is compared with. */
export function aboutSli({ name, rule, service, sli, slice }: Omit<SliQuestion, 'known' | 'now' | 'before'>) {
  const definition = sliDefinition(sli, service.slis);
  const base = {
    key: sliFindingKey(name, sli, slice),
    trigger: name,
    sli,
    ...(slice === undefined ? {} : { slice }),
  };
  const notEvaluable = (why: string): Finding => ({
    state: 'not_evaluable',
    severity: plainSeverity(rule, service),
    reason: `${sliTitle(definition, slice)}: ${why}`,
    ...base,
  });
  return { definition, base, notEvaluable };
}

const TOO_MANY =
  'more measurements share its newest moment than are read at once; send fewer series, or their total';

/** How much could be looked at, and why no more. */
export function seenInWords(seen: number): string {
  const what = seen === 0 ? 'its newest moment' : `the newest ${formatDuration(seen)}`;
  return `only ${what} can be looked at, since more is measured than is read at once`;
}

/** The newest check and until when it says something of now; a text when there is none, or when that is over. */
export function newestOf({
  known,
  now,
  sli,
  service,
}: Pick<SliQuestion, 'known' | 'now' | 'sli' | 'service'>):
  | { readonly newest: Check; readonly fresh: Date }
  | string {
  const newest = known?.checks.at(-1);
  if (newest === undefined) return known?.isCut === true ? TOO_MANY : 'no data';
  const fresh = freshUntil(newest, polledEvery(sli, service));
  return now > fresh
    ? `no data for ${formatDuration(now.getTime() - newest.at.getTime())}`
    : { newest, fresh };
}
