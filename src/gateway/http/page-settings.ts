import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

export interface PageOptions {
  /** Filled in for whoever opens a page on this machine. */
  readonly token: string | undefined;
  /** The pages' own origin; undefined: that of the API. */
  readonly origin: string | undefined;
  /** Address of the gateway as its users see it; known when it listens. */
  readonly publicUrl: () => string;
}

/** What a page asks when it opens. */
export interface PageSettings {
  /** Where queries go, as seen from the page. */
  readonly endpoint: string;
  /** Headers of the first requests. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @param relative the API's address as seen from the page, where they have one origin */
export function pageSettings(
  { hostname }: FastifyRequest,
  { token, origin, publicUrl }: PageOptions,
  relative: string,
): PageSettings {
  // A page of another site can make its own name resolve to this machine: then the name is not ours, and there is no token.
  const trusted = token !== undefined && isLoopback(hostname);
  return {
    endpoint: origin === undefined ? relative : `${publicUrl()}/graphql`,
    headers: trusted ? { Authorization: `Bearer ${token}` } : {},
  };
}

/** Whether an address or name means this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
