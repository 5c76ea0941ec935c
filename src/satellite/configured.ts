/** Repositories of the configuration that have an owner, as satellites: what is known of them, and for whom they exist. */
import { repositoryResource, type Rights } from '../access/grants.ts';
import type { Identity } from '../access/principal.ts';
import { readableBy } from '../access/readable.ts';
import type { ConfiguredRepository } from './directory.ts';
import type { ConfiguredSatellite } from './satellite.ts';

/** @param rights what grants give to the principal */
export function configuredSatellites(
  configured: readonly ConfiguredRepository[],
  principal: Identity,
  rights: Rights,
): readonly ConfiguredSatellite[] {
  return configured.flatMap(({ name, owner, path }) => {
    if (owner === undefined || path === undefined) return [];
    const readable = readableBy(principal, { kind: 'SATELLITE', owner }, rights.on(repositoryResource(name)));
    if (readable === 'nothing') return [];
    const place = { id: null, uri: path, official: null, database: null, artifacts: null };
    const life = { state: 'READY', createdAt: null, deletedAt: null, purgeAt: null } as const;
    return [{ name, owner, group: null, groupId: null, quotaBytes: null, ...place, ...life }];
  });
}
