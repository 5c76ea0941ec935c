/** Dimension records that transfers ask for again and again. */
import type { Universe } from '../butler/universe.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { KeptRecords } from '../repository/search/records-of-data-ids.ts';

const KEPT_MILLISECONDS = 60_000;

/** By the repository's universe: each that is asked over the network has one of its own, whoever asks it. */
const keptOf = new WeakMap<Universe, { readonly since: number; readonly kept: KeptRecords }>();

/**
 * Where the instruments, detectors, filters and others of which there are few are kept from one transfer to the next: of official
 * repositories, whose records all who may read them may read.  Of others they are kept nowhere.
 */
export async function keptRecords(source: Repository, ctx: QueryContext): Promise<KeptRecords> {
  const universe = await source.universe(ctx);
  const known = keptOf.get(universe);
  if (known && performance.now() - known.since < KEPT_MILLISECONDS) return known.kept;
  const kept: KeptRecords = new Map();
  if (source.isRemote) keptOf.set(universe, { since: performance.now(), kept });
  return kept;
}
