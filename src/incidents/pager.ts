/** What owners are told when they are paged. */
export interface Page {
  /** `aire-<incident id>`: by it the page is found again, and is sent once. */
  readonly key: string;
  /** The pager's own name for the service whose owners are paged. */
  readonly service: string;
  readonly escalationPolicy?: string;
  readonly title: string;
  readonly details: string;
}

/** A page that exists at the pager. */
export interface PageReceipt {
  readonly id: string;
  readonly service: string;
  readonly url?: string;
  readonly isResolved: boolean;
}

/** What came of asking the pager for something. */
export type PagerAnswer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** Never, as it was asked. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nothing happened; `afterMs` when the pager said when it may. */
  | { readonly kind: 'not_now'; readonly reason: string; readonly afterMs?: number }
  /** It may have happened: look before asking again. */
  | { readonly kind: 'ambiguous'; readonly reason: string };

/** Who wakes people. Never throws for what the other side does. */
export interface Pager {
  /** One page a key: when one is open already, it is that one. */
  page(page: Page): Promise<PagerAnswer<PageReceipt>>;
  /** The page of a key, an open one before a resolved one. */
  find(key: string): Promise<PagerAnswer<PageReceipt | undefined>>;
  /** Resolving what is resolved is fine. */
  resolve(id: string): Promise<PagerAnswer<void>>;
}

const PREFIX = 'aire-';

/** The key of an incident's page. */
export function pageKey(incidentId: string): string {
  return `${PREFIX}${incidentId}`;
}

/** The incident whose page this is; undefined for what aire did not send (design §6). */
export function incidentOfPageKey(key: string): string | undefined {
  return key.startsWith(PREFIX) && key.length > PREFIX.length ? key.slice(PREFIX.length) : undefined;
}
