/** What a request carries that says who asks.  Cookies are never read. */
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { SatelliteError } from '../butler/errors.ts';

/** What the platform's ingress says of a request that it let through. */
export interface ProxyCredential {
  readonly username: string;
  /** What Gafaelfawr delegated to the gateway; undefined: the ingress is not configured to. */
  readonly token: string | undefined;
  readonly service: string | undefined;
}

export interface Credentials {
  /** Different values of `Authorization`. */
  readonly authorization: readonly string[];
  /** Undefined where the request does not come from the ingress: then its headers are not believed. */
  readonly proxy: ProxyCredential | undefined;
}

/** A block of addresses, such as `10.0.0.0/8`. */
export type AddressBlock = ReturnType<typeof ipaddr.parseCIDR>;

/** Bits before the IPv4 address in an IPv6 one that stands for it. */
const MAPPED_BITS = 96;

/** @throws Error where the text is no block; one of IPv4 addresses in IPv6's form is one of IPv4 */
export function parseAddressBlock(text: string): AddressBlock {
  const [address, bits] = ipaddr.parseCIDR(text);
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= MAPPED_BITS
    ? [address.toIPv4Address(), bits - MAPPED_BITS]
    : [address, bits];
}

/** Whether an address, as a socket tells it, is in one of the blocks. */
export function isInside(address: string | undefined, blocks: readonly AddressBlock[]): boolean {
  if (address === undefined || !ipaddr.isValid(address)) return false;
  const plain = ipaddr.process(address);
  return blocks.some(([block, bits]) => plain.kind() === block.kind() && plain.match(block, bits));
}

/**
 * The credentials of a request.
 * @param trustedProxy where the ingress connects from: the peer's address counts, never a header that names another
 * @param sent a value of `Authorization` that came otherwise than as a header
 * @throws SatelliteError BAD_USER_INPUT where a header of the ingress is there twice
 */
export function credentialsOf(
  request: Pick<IncomingMessage, 'headersDistinct' | 'socket'>,
  trustedProxy: readonly AddressBlock[],
  sent?: string,
): Credentials {
  const headers = request.headersDistinct;
  const authorization = [...new Set([...(sent === undefined ? [] : [sent]), ...(headers['authorization'] ?? [])])];
  if (!isInside(request.socket.remoteAddress, trustedProxy)) return { authorization, proxy: undefined };
  const single = (name: string): string | undefined => {
    const [value, ...more] = headers[name] ?? [];
    if (more.length > 0) throw new SatelliteError('BAD_USER_INPUT', `The header ${name} is there twice.`);
    return value === '' ? undefined : value;
  };
  const username = single('x-auth-request-user');
  if (username === undefined) return { authorization, proxy: undefined };
  const proxy = { username, token: single('x-auth-request-token'), service: single('x-auth-request-service') };
  return { authorization, proxy };
}
