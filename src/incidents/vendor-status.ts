/** What a status page says, worst last (Statuspage API v2, `status.indicator`); `none` means no trouble. */
export const INDICATORS = ['none', 'maintenance', 'minor', 'major', 'critical'] as const;
export type Indicator = (typeof INDICATORS)[number];

/** What came of reading a status page. Description, address and why are a stranger's words. */
export type VendorReading =
  | {
      readonly kind: 'read';
      readonly indicator: Indicator;
      readonly description: string;
      /** The page for people. */
      readonly url?: string;
    }
  /** `why` in a few words: "timeout". */
  | { readonly kind: 'unreadable'; readonly why: string };

/** Status pages of vendors, implemented by an adapter. */
export interface StatusPages {
  /** Reads `status.json` at this address within seconds. Never throws for what the page does. */
  read(address: string, signal: AbortSignal): Promise<VendorReading>;
}

/** The value of a vendor's fact when nobody could read its page. */
export const UNREADABLE = 'unreadable';

/** The fact that holds a vendor's status: what conditions of a runbook name. */
export function vendorFact(name: string): string {
  return `vendor_${name}`;
}

/** A vendor in words for a timeline: what it reports, or why that is not known. */
export function describeReading(name: string, reading: VendorReading): string {
  if (reading.kind === 'unreadable') return `${name}: status page not readable (${reading.why})`;
  const { indicator, description } = reading;
  const said = description === '' ? '' : `: ${description}`;
  return indicator === 'none' ? `${name} reports no trouble${said}` : `${name} reports ${indicator}${said}`;
}
