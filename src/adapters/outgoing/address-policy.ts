import ipaddr from 'ipaddr.js';
import { OutgoingFailure } from './outgoing.ts';

/** All addresses of a host name. Rejects when it has none. */
export type ResolveHost = (hostname: string) => Promise<readonly { address: string; family: number }[]>;

/** Decides which addresses outgoing requests may reach (design §9, guarantee 6). */
export interface AddressPolicy {
  /** @throws OutgoingFailure `host_not_allowed` when the URL's host is a private address that was not allowed. */
  checkUrl(url: URL): void;
  /** @throws OutgoingFailure `host_not_allowed` when any address of the URL's host is private and was not allowed. */
  checkResolved(url: URL, addresses: readonly string[]): void;
}

/** A policy with these exceptions: `host` (any port) or `host:port`. */
export function createAddressPolicy(allowHosts: readonly string[]): AddressPolicy {
  const allowed = new Set(allowHosts.map((host) => host.toLowerCase()));

  function isAllowed(url: URL): boolean {
    const host = bareHost(url);
    const names = host.includes(':') ? [host, `[${host}]`] : [host];
    return names.some((name) => allowed.has(name) || allowed.has(`${name}:${effectivePort(url)}`));
  }

  function refuse(url: URL, address: string): never {
    const host = bareHost(url);
    const shown = host === address ? host : `${host} (${address})`;
    throw new OutgoingFailure(
      'host_not_allowed',
      'no',
      `${shown} is a private address, and requests to it are not allowed. If aire is meant to reach it, ` +
        `set this and restart: AIRE_ALLOW_HOSTS=${[...allowHosts, host].join(',')}`,
    );
  }

  return {
    checkUrl: (url) => {
      const host = bareHost(url);
      if (ipaddr.isValid(host) && !isPublicAddress(host) && !isAllowed(url)) refuse(url, host);
    },
    checkResolved: (url, addresses) => {
      const bad = addresses.find((address) => !isPublicAddress(address));
      if (bad !== undefined && !isAllowed(url)) refuse(url, bad);
    },
  };
}

/** False for everything that is not plain public unicast: private, loopback, link-local, mapped, NAT, reserved, … */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'unicast';
}

/** The URL's host without brackets and without the dot that ends an absolute name. */
function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function effectivePort(url: URL): string {
  return url.port !== '' ? url.port : url.protocol === 'https:' ? '443' : '80';
}
