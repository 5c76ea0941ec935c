/**
 * Addresses that the gateway itself may fetch although they come from users or from records that users write: those of
 * origins that its configuration names.
 */
import ipaddr from 'ipaddr.js';
import { SatelliteError } from '../butler/errors.ts';

/** An address that may be fetched. */
export interface AllowedAddress {
  readonly url: URL;
  /** Whether its host must be a public one: where a pattern let it in.  An origin that is named itself may be anywhere. */
  readonly publicOnly: boolean;
}

/** `https://archive.example.org`, `https://*.example.org` (its subdomains) or `https://*` (every public host). */
const ENTRY = /^(https?):\/\/(\*|\*\.[a-z0-9.-]+)$/i;

export class AllowedOrigins {
  readonly #exact = new Set<string>();
  readonly #patterns: { readonly protocol: string; readonly suffix: string }[] = [];

  /** @param entries origins, or addresses of which the origin is taken, or patterns */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const pattern = ENTRY.exec(entry);
      if (pattern) this.#patterns.push({ protocol: `${pattern[1]!.toLowerCase()}:`, suffix: pattern[2]!.slice(1) });
      else this.#exact.add(new URL(entry).origin);
    }
  }

  /**
   * @throws SatelliteError BAD_USER_INPUT where the gateway does not fetch it: not http(s), credentials in it, an origin that
   *   is not configured, or an address of this network that only a pattern lets in
   */
  check(address: string): AllowedAddress {
    const url = webAddress(address);
    if (this.#exact.has(url.origin)) return { url, publicOnly: false };
    const matches = this.#patterns.some(
      ({ protocol, suffix }) =>
        protocol === url.protocol && url.hostname.endsWith(suffix.toLowerCase()) && url.port === '',
    );
    if (!matches) {
      throw new SatelliteError(
        'BAD_USER_INPUT',
        `The gateway does not fetch from '${url.origin}', which its configuration does not name: ask its operator to add it ` +
          'to outbound.origins, or upload the file.',
      );
    }
    const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (ipaddr.isValid(literal) && !isPublicAddress(literal)) throw notPublic(url.hostname);
    return { url, publicOnly: true };
  }
}

/** @throws SatelliteError BAD_USER_INPUT for what is no http(s) address, or one with credentials in it */
export function webAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new SatelliteError('BAD_USER_INPUT', 'The gateway fetches only http and https addresses.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new SatelliteError('BAD_USER_INPUT', 'An address must not hold a user name or a password: leave them out.');
  }
  return url;
}

/**
 * Whether an IP address is one of the public internet: not of this machine, a private or link-local network (where clouds
 * have their metadata), or an IPv6 form that stands for an IPv4 address.
 */
export function isPublicAddress(ip: string): boolean {
  return ipaddr.isValid(ip) && ipaddr.process(ip).range() === 'unicast';
}

/** @throws SatelliteError */
export function notPublic(hostname: string): SatelliteError {
  return new SatelliteError(
    'BAD_USER_INPUT',
    `The gateway does not fetch from '${hostname}': it is in a private network, and the configuration names it by a pattern only.`,
  );
}
