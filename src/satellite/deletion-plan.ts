/** What goes when a satellite is deleted or reset, and who still refers to it. */
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { QueryContext } from '../repository/repository.ts';
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
  const address = `${publicUrl()}/files/${encodeURIComponent(fullName(entry))}/`;
  const referencedBy: string[] = [];
  for (const other of await catalog.existing(signal)) {
    // Of others, the principal is not to know that they exist.
    if (other.id === entry.id || !isMember(other, principal)) continue;
    if ((await countReferences(directory, other, address, ctx)) > 0) referencedBy.push(fullName(other));
  }
  return { ...(await contentOf(directory, entry, ctx)), referencedBy };
}

/** What is in it; of one that is broken it is not known, which does not keep it from being deleted. */
async function contentOf(
  directory: Directory,
  entry: CatalogEntry,
  ctx: QueryContext,
): Promise<Omit<SatellitePlan, 'referencedBy'>> {
  const repository = directory.repositoryOf(entry);
  try {
    const [usage, references, collections] = await Promise.all([
      repository.usage(ctx),
      repository.countReferences(['http://', 'https://'], ctx),
      repository.collections({ search: ['*'], includeChains: true }, ctx),
    ]);
    return {
      datasets: usage?.datasets ?? 0,
      bytes: usage?.bytes ?? 0,
      references,
      collections: collections.map(({ name }) => name),
      warning: null,
    };
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    const warning = `What is in it is not known, because it cannot be read: ${error.message}`;
    return { datasets: null, bytes: null, references: null, collections: null, warning };
  }
}

function isUnavailable(error: unknown): error is SatelliteError {
  return error instanceof SatelliteError && error.code === 'UPSTREAM_UNAVAILABLE';
}

/** One that is away or broken does not keep this one from being deleted. */
async function countReferences(
  directory: Directory,
  other: CatalogEntry,
  address: string,
  ctx: QueryContext,
): Promise<number> {
  try {
    return await directory.repositoryOf(other).countReferences([address], ctx);
  } catch (error) {
    if (isUnavailable(error)) return 0;
    throw error;
  }
}
