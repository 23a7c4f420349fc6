import { formatSliValue, sliDefinition } from '../services/slis.ts';
import { CHANGE_KINDS, type ChangeKind, type Signal } from '../signals/signal.ts';
import { DAY } from '../time.ts';
import type { Fact, Incident } from './incident.ts';
import type { IncidentService } from './ports.ts';
import { SUSPECTED_CHANGE } from './suspect-change.ts';
import { versionFacts, withNewer } from './version-facts.ts';

/** The SLIs that say whether a version was good, and how far back they are looked for. */
export const VERSION_SLIS = ['task_completion_rate', 'golden_dataset_accuracy'] as const;
export const VERSION_EVALS_WITHIN = 30 * DAY;
/** Fewer samples say nothing of a version. */
const SAMPLES_NEEDED = 30;

/** What evals measured of one version, by one SLI. */
export interface VersionEval {
  readonly what: ChangeKind;
  readonly version: string;
  readonly sli: string;
  /** Weighted by samples. */
  readonly mean: number;
  readonly samples: number;
  readonly newest: Date;
}

/** By what a version is judged. */
type Judging = Pick<IncidentService, 'slos' | 'slis' | 'baseline'>;

/** A version with what all its evals say: `passed` is undefined where nothing says how good is good enough. */
interface Judged {
  readonly version: string;
  readonly newest: Date;
  readonly passed: boolean | undefined;
  readonly words: string;
}

/**
 * The versions that are to be judged now, as facts: those of changes that came before detection, and those judged before
 * it was known what fell, while nothing is tied to it yet.
 */
export function versionsToJudge(
  incident: Pick<Incident, 'fired' | 'facts' | 'detectedAt'>,
  arrivals: readonly Signal[],
): Readonly<Record<string, Fact>> {
  const { facts, fired, detectedAt } = incident;
  const again = CHANGE_KINDS.filter((what) => {
    const good = facts[`previous_good_${what}`];
    const isOpen =
      good !== undefined && good.from !== 'evals' && good.value !== facts[`current_${what}`]?.value;
    return isOpen && fired !== undefined && facts[SUSPECTED_CHANGE] === undefined;
  });
  const names = again.flatMap((what) => [`current_${what}`, `previous_good_${what}`]);
  const found = versionFacts(arrivals.filter((signal) => signal.at <= detectedAt));
  const touched = Object.entries(withNewer(facts, found)).filter(
    ([name]) => names.includes(name) || found[name] !== undefined,
  );
  return Object.fromEntries(touched);
}

/** The kinds that facts about versions are about. */
export function kindsOf(versions: Readonly<Record<string, Fact>>): readonly ChangeKind[] {
  return CHANGE_KINDS.filter(
    (what) => versions[`current_${what}`] !== undefined || versions[`previous_good_${what}`] !== undefined,
  );
}

/**
 * `previous_good_<what>` of the kinds that changed, with why; nothing of a kind of which no other version is known.
 *
 * @param versions {@link versionsToJudge}.
 */
export function goodVersions(
  incident: Pick<Incident, 'fired'>,
  service: Judging | undefined,
  versions: Readonly<Record<string, Fact>>,
  evals: readonly VersionEval[],
): Readonly<Record<string, Fact>> {
  return Object.fromEntries(
    kindsOf(versions).flatMap((what) => {
      const name = `previous_good_${what}`;
      const current = versions[`current_${what}`]?.value;
      const before = versions[name];
      const good = lastKnownGood(incident, service, { what, current, before }, evals);
      return good === undefined ? [] : [[name, good] as const];
    }),
  );
}

/**
 * The version to go back to (design §2): the last one with passing evals, else the one before; and why, in words. The
 * one before wins where it passed: a newer one may have been evaluated without ever having served.
 *
 * @param before the `from` of the latest change.
 */
export function lastKnownGood(
  incident: Pick<Incident, 'fired'>,
  service: Judging | undefined,
  versions: {
    readonly what: ChangeKind;
    readonly current: string | undefined;
    readonly before: Fact | undefined;
  },
  evals: readonly VersionEval[],
): Fact | undefined {
  const { what, current, before } = versions;
  const names = new Set(evals.filter((each) => each.what === what).map((each) => each.version));
  const judged = [...names]
    .map((version) =>
      judge(
        version,
        incident,
        service,
        evals.filter((e) => e.what === what && e.version === version),
      ),
    )
    .filter((each) => each !== undefined);
  const ofBefore = judged.find(({ version }) => version === before?.value);
  const [newest] = judged
    .filter(({ version, passed }) => passed === true && version !== current)
    .sort((a, b) => b.newest.getTime() - a.newest.getTime());
  const good = ofBefore?.passed === true && ofBefore.version !== current ? ofBefore : newest;
  if (good !== undefined)
    return {
      value: good.version,
      from: good.version === before?.value ? before.from : 'evals',
      at: good.version === before?.value ? before.at : good.newest,
      detail: `last with passing evals: ${good.words}`,
    };
  if (before === undefined) return undefined;
  const why = ofBefore === undefined ? 'its evals are not known' : `its evals: ${ofBefore.words}`;
  return {
    ...before,
    detail: `the version before; ${why}${ofBefore?.passed === false ? ', not passing' : ''}`,
  };
}

function judge(
  version: string,
  incident: Pick<Incident, 'fired'>,
  service: Judging | undefined,
  evals: readonly VersionEval[],
): Judged | undefined {
  const samples = evals.reduce((sum, each) => sum + each.samples, 0);
  const most = evals.toSorted((a, b) => b.samples - a.samples)[0];
  if (most === undefined || samples < SAMPLES_NEEDED) return undefined;
  const limits = evals.map((each) => ({ mean: each.mean, limit: limitOf(each.sli, incident, service) }));
  const known = limits.filter(({ limit }) => limit !== undefined);
  const newest = new Date(Math.max(...evals.map((each) => each.newest.getTime())));
  const { unit } = sliDefinition(most.sli, service?.slis ?? {});
  return {
    version,
    newest,
    passed: known.length === 0 ? undefined : known.every(({ mean, limit = 0 }) => mean >= limit),
    words: `${formatSliValue(most.mean, unit)} of ${Math.round(most.samples)} samples on ${dayOf(newest)}`,
  };
}

/** Good enough is what the SLO asks, or what is normal here: the lower of the two. */
function limitOf(
  sli: string,
  { fired }: Pick<Incident, 'fired'>,
  service: Judging | undefined,
): number | undefined {
  const limits = [
    service?.slos[sli]?.at_least,
    service?.baseline.pinned[sli],
    // A slice that fired is no measure of the whole.
    fired?.sli === sli && fired.slice === undefined ? fired.baseline - fired.recoveredWithin : undefined,
  ].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function dayOf(at: Date): string {
  return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}
