import { AllowedOrigins } from '../repository/allowed-origins.ts';
import { Outbound } from '../repository/outbound.ts';
import type { GatewayConfig } from './config.ts';

/** What the gateway itself may fetch: from the servers and the store that its configuration names, and from `outbound.origins`. */
export function openOutbound({ repositories, writing, outbound }: GatewayConfig): Outbound {
  const servers = repositories.flatMap((r) => (r.kind === 'remote' ? [r.url] : []));
  const store = writing?.satellites.s3?.endpoint;
  return new Outbound({
    origins: new AllowedOrigins([...servers, ...(store === undefined ? [] : [store]), ...outbound.origins]),
  });
}
