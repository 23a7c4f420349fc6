import { contentHash } from '../ids.ts';
import { alertDetail } from '../signals/alert-detail.ts';
import { redact } from '../signals/redact.ts';
import type { Signal } from '../signals/signal.ts';
import { DAY, HOUR } from '../time.ts';
import { vendorName } from '../triggers/evaluate-alert.ts';
import { evaluateTrigger } from '../triggers/evaluate-trigger.ts';
import { rulesOf } from '../triggers/overrides.ts';
import type { Finding } from '../triggers/trigger.ts';
import { type NewJob, runVerb } from '../verb.ts';
import { startAutoSteps } from './auto-steps.ts';
import { evidenceWanted } from './evidence-wanted.ts';
import { type FollowState, followFindings } from './follow-findings.ts';
import type { Incident } from './incident.ts';
import { refresh, say } from './jobs.ts';
import { goodVersions, kindsOf, VERSION_EVALS_WITHIN, versionsToJudge } from './last-known-good.ts';
import type { IncidentChange, IncidentDeps, IncidentService } from './ports.ts';
import { suspectChange } from './suspect-change.ts';
import { type EntryContext, entry, type TimelineEntry } from './timeline.ts';
import { describeChange, versionFacts, withNewer } from './version-facts.ts';
import type { ServiceWatch, WatchedFinding } from './watch.ts';

/** Changes this long before the onset are shown as what moved. */
const CHANGES_BEFORE_ONSET = DAY;

/** Whether a service must be looked at again though nothing arrives: what is wrong may end, or last too long, by itself. */
export interface Attention {
  readonly lookAgain: boolean;
}

/**
 * Evaluates a service's triggers and follows what they find: declare, propose, attach, recover (design §6).
 * Then writes what arrived meanwhile on the timelines of its open incidents.
 */
export async function respondToSignals(deps: IncidentDeps, serviceId: string): Promise<Attention> {
  const service = deps.services.get(serviceId);
  if (service === undefined) return { lookAgain: false };
  const { open, findings } = await followService(deps, service);
  for (const incidentId of open) await recordArrivals(deps, incidentId);
  return {
    lookAgain: Object.values(findings).some(
      (finding) => finding.state === 'firing' || finding.state === 'suspected',
    ),
  };
}

/** Answers with the service's open incidents and what is remembered of it, as they are afterwards. */
async function followService(
  deps: IncidentDeps,
  service: IncidentService,
): Promise<{ open: ReadonlySet<string>; findings: ServiceWatch['findings'] }> {
  const { store, playbook } = deps;
  const rules = rulesOf(playbook, service);
  const wanted = evidenceWanted(Object.values(rules), service);
  return runVerb(
    {
      load: async () => {
        const now = deps.clock.now();
        const [evidence, { watch, open }] = await Promise.all([
          store.evidence(service.service, wanted, now),
          remembered(store, service.service),
        ]);
        const known = await Promise.all(proposalIds(watch.findings).map((id) => store.proposal(id)));
        const proposals = known.filter((proposal) => proposal !== undefined);
        const over = await incidentsThatAreOver(store, watch, open);
        return {
          now,
          evidence,
          follow: { service, playbook, watch, open, proposals, over } satisfies FollowState,
        };
      },
      save: (change: IncidentChange) => store.save(change),
    },
    ({ now, evidence, follow }) => {
      const before = new Map<string, Finding>(
        Object.values(follow.watch.findings).map((known) => [known.key, asLastKnown(known)]),
      );
      const findings = Object.entries(rules).flatMap(([name, rule]) =>
        evaluateTrigger(name, rule, service, evidence, before, now),
      );
      const change = followFindings(follow, findings, { now, newId: deps.newId });
      const open = new Set([...follow.open, ...(change?.incidents ?? [])].map((incident) => incident.id));
      return { change, result: { open, findings: (change?.watch ?? follow.watch).findings } };
    },
  );
}

/** The watch first: whoever declares after it was read has changed its version. */
async function remembered(
  store: IncidentDeps['store'],
  service: string,
): Promise<{ watch: ServiceWatch; open: readonly Incident[] }> {
  const watch = await store.watch(service);
  return { watch, open: await store.openIncidents(service) };
}

/** No data in between does not end what was firing: it recovers by a good value only. */
function asLastKnown(finding: WatchedFinding): Finding {
  const linked = finding.incidentId !== undefined || finding.proposalId !== undefined;
  return finding.state === 'not_evaluable' && linked ? { ...finding, state: 'firing' } : finding;
}

/** Those that findings still belong to: resolved while something went on. */
async function incidentsThatAreOver(
  store: IncidentDeps['store'],
  watch: ServiceWatch,
  open: readonly Incident[],
): Promise<readonly Incident[]> {
  const linked = new Set(
    Object.values(watch.findings).flatMap((finding) =>
      finding.state === 'firing' ? (finding.incidentId ?? []) : [],
    ),
  );
  for (const incident of open) linked.delete(incident.id);
  const found = await Promise.all([...linked].map((id) => store.incident(id)));
  return found.filter((incident) => incident !== undefined);
}

function proposalIds(findings: FollowState['watch']['findings']): string[] {
  return [
    ...new Set(Object.values(findings).flatMap((finding) => finding.proposalId ?? finding.askedIn ?? [])),
  ];
}

/**
 * Changes, examples, reports and alerts of the service become entries of its open incident, each once; then it is tied
 * to the release that may have caused it.
 */
async function recordArrivals(deps: IncidentDeps, incidentId: string): Promise<void> {
  const { store } = deps;
  await runVerb(
    {
      load: async () => {
        const incident = await store.incident(incidentId);
        if (incident === undefined) return undefined;
        const since = new Date(incident.startedAt.getTime() - CHANGES_BEFORE_ONSET);
        const [arrivals, changes] = await Promise.all([
          store.signalsNotOnTimeline(incident, since),
          store.changesOf(incidentId),
        ]);
        const versions = versionsToJudge(incident, arrivals);
        const evals = await store.versionEvals(
          incident.service,
          kindsOf(versions),
          new Date(incident.detectedAt.getTime() - VERSION_EVALS_WITHIN),
          incident.detectedAt,
        );
        return { incident, arrivals, changes, versions, evals };
      },
      save: (change: IncidentChange) => store.save(change),
    },
    (loaded) => {
      if (loaded === undefined) return { change: undefined, result: undefined };
      const { incident, arrivals, changes, versions, evals } = loaded;
      const context = { now: deps.clock.now(), newId: deps.newId };
      const arrived = arrivalsOn(incident, arrivals, context);
      const { facts } = arrived.incident;
      const service = deps.services.get(incident.service);
      const better = Object.entries(goodVersions(incident, service, versions, evals)).filter(
        ([name, { value, detail }]) => facts[name]?.value !== value || facts[name]?.detail !== detail,
      );
      const known =
        better.length === 0
          ? arrived.incident
          : { ...arrived.incident, facts: { ...facts, ...Object.fromEntries(better) } };
      const seen = [...changes, ...arrived.timeline.filter(({ kind }) => kind === 'change_seen')];
      const tied = suspectChange(known, seen, context);
      if (arrivals.length === 0 && tied.incident === arrived.incident)
        return { change: undefined, result: undefined };
      const started = startAutoSteps(tied.incident, context);
      return {
        change: {
          incidents: [started.incident],
          timeline: [...arrived.timeline, ...tied.timeline],
          jobs: [...arrived.jobs, ...started.jobs, ...refresh(incident.id)],
        },
        result: undefined,
      };
    },
  );
}

/** The key by which a signal is on a timeline at most once. */
export function arrivalKey(signal: Pick<Signal, 'type' | 'source' | 'id'>): string {
  return `${signal.type}:${signal.source}:${signal.id}`;
}

function arrivalsOn(incident: Incident, arrivals: readonly Signal[], context: EntryContext) {
  const timeline: TimelineEntry[] = [];
  const jobs: NewJob[] = [];
  let next = incident;
  for (const signal of arrivals) {
    const described = describeArrival(signal);
    // What happened before the onset by more than an hour is background: listed, not announced.
    const recent = signal.at.getTime() >= incident.startedAt.getTime() - HOUR;
    const written: TimelineEntry = {
      ...entry(context, incident, { kind: 'system', name: signal.source }, described.kind, described.text, {
        onceKey: arrivalKey(signal),
        ...(described.url === undefined ? {} : { url: described.url }),
        ...(described.data === undefined ? {} : { data: described.data }),
      }),
      id: `ent_${contentHash([incident.id, arrivalKey(signal)]).slice(0, 26)}`,
      at: signal.at,
    };
    timeline.push(written);
    if (described.announce && recent) jobs.push(say(written));
    if (signal.type === 'alert' && signal.status === 'acknowledged' && next.acknowledgedAt === undefined) {
      next = { ...next, acknowledgedAt: signal.at < next.declaredAt ? next.declaredAt : signal.at };
    }
  }
  // A rollback also arrives as a change: what was good before is read only from changes before detection.
  const before = arrivals.filter((signal) => signal.at <= incident.detectedAt);
  const later = Object.entries(versionFacts(arrivals)).filter(([name]) => name.startsWith('current_'));
  const facts = withNewer(withNewer(next.facts, versionFacts(before)), Object.fromEntries(later));
  next = { ...next, facts };
  return { incident: next, timeline, jobs };
}

function describeArrival(
  signal: Signal,
): Pick<TimelineEntry, 'kind' | 'text' | 'data' | 'url'> & { announce: boolean } {
  switch (signal.type) {
    case 'change':
      return {
        kind: 'change_seen',
        text: describeChange(signal),
        announce: true,
        data: { what: signal.what, from: signal.from ?? null, to: signal.to ?? null },
        ...(signal.url === undefined ? {} : { url: signal.url }),
      };
    case 'example':
      return {
        kind: 'example_captured',
        text: `Example captured (${signal.failure}): ${excerpt(signal.input)}`,
        announce: false,
        data: { signal: signal.id },
        ...(signal.traceUrl === undefined ? {} : { url: signal.traceUrl }),
      };
    case 'report':
      return {
        kind: 'report_received',
        text: `User report (${signal.category})${signal.text === undefined ? '' : `: ${excerpt(signal.text)}`}`,
        announce: false,
        ...(signal.traceUrl === undefined ? {} : { url: signal.traceUrl }),
      };
    case 'alert':
      return {
        kind: 'alert_update',
        text: `Alert “${signal.title}” is ${signal.status} at ${vendorName(signal.source)}${alertDetail(signal)}`,
        announce: signal.trigger === undefined || signal.status === 'acknowledged',
        ...(signal.url === undefined ? {} : { url: signal.url }),
      };
    case 'measurement':
    case 'distribution':
      return { kind: 'note', text: `${signal.type} received`, announce: false };
  }
}

/** What people wrote, without what must not be kept of it, short enough for a line. */
function excerpt(text: string): string {
  const clean = redact(text).text;
  return clean.length > 200 ? `${clean.slice(0, 199)}…` : clean;
}
