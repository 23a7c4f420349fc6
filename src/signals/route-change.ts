import type { ServiceIdentity } from '../services/schema.ts';
import { asMatch, type Comparable, matchesAll } from './glob-match.ts';
import type { ChangeRule, SignalSettings } from './schema.ts';
import type { ChangeKind } from './signal.ts';

/** What a vendor says moved, before it is known whose it is. */
export interface UnroutedChange {
  readonly from: ChangeRule['from'];
  /** What rules compare. */
  readonly values: Comparable;
  /** Holds where a rule names nothing else. */
  readonly unlessNamed?: Readonly<Record<string, string>>;
  /** What to match in the rule that is proposed when nobody claims it. */
  readonly suggest: Readonly<Record<string, string>>;
}

/** Whose change it is: every service with a matching rule, each by its first one, since one deployment may move several. */
export function routeChange(
  change: UnroutedChange,
  services: readonly (ServiceIdentity & SignalSettings)[],
): readonly { readonly service: string; readonly what: ChangeKind }[] {
  return services.flatMap(({ service, sources }) => {
    const rule = sources.changes.find(
      (each) =>
        each.from === change.from && matchesAll({ ...change.unlessNamed, ...each.match }, change.values),
    );
    return rule === undefined ? [] : [{ service, what: rule.what }];
  });
}

/** What to add so that a service has this change, to paste. */
export function changeRuleToAdd({ from, suggest }: UnroutedChange, what: ChangeKind): string {
  return `sources: { changes: [ { from: ${from}, ${asMatch(suggest)}, what: ${what} } ] }`;
}
