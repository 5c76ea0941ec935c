/** What goes when a satellite is deleted or reset, and who still refers to it. */
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import { isMember } from './access.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import type { Directory } from './directory.ts';
import { fullName } from './satellite.ts';
import type { SatellitePlan } from './service.ts';

export interface PlanParts {
  readonly catalog: Catalog;
  readonly directory: Directory;
  /** How others reach the gateway: permanent addresses begin with it. */
  readonly publicUrl: () => string;
}

export async function planDeletion(
  { catalog, directory, publicUrl }: PlanParts,
  entry: CatalogEntry,
  principal: Principal,
  signal: AbortSignal,
): Promise<SatellitePlan> {
  const ctx = { caller: principal, signal };
  const repository = directory.repositoryOf(entry);
  const [usage, references, collections] = await Promise.all([
    repository.usage(ctx),
    repository.countReferences(['http://', 'https://'], ctx),
    repository.collections({ search: ['*'], includeChains: true }, ctx),
  ]);
  const address = `${publicUrl()}/files/${encodeURIComponent(fullName(entry))}/`;
  const referencedBy: string[] = [];
  for (const other of await catalog.existing(signal)) {
    // Of others, the principal is not to know that they exist.
    if (other.id === entry.id || !isMember(other, principal)) continue;
    if ((await countReferences(directory, other, address, ctx)) > 0) referencedBy.push(fullName(other));
  }
  return {
    datasets: usage?.datasets ?? 0,
    bytes: usage?.bytes ?? 0,
    references,
    collections: collections.map(({ name }) => name),
    referencedBy,
  };
}

/** One that is away or broken does not keep this one from being deleted. */
async function countReferences(
  directory: Directory,
  other: CatalogEntry,
  address: string,
  ctx: { readonly caller: Principal; readonly signal: AbortSignal },
): Promise<number> {
  try {
    return await directory.repositoryOf(other).countReferences([address], ctx);
  } catch (error) {
    if (error instanceof SatelliteError && error.code === 'UPSTREAM_UNAVAILABLE') return 0;
    throw error;
  }
}
