/** Official repositories that somebody has data of, though they do not exist for them (any more). */
import type { OfferedRepository } from '../access/policy.ts';
import { ownerOfName } from '../access/readable.ts';
import type { CollectionInfo } from '../butler/collection.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import { streamDatasets } from '../repository/search/streams.ts';

/**
 * Which of the hidden ones some datasets of a source were copied from: those with a dataset of the same UUID in a run of the
 * same name, that is in no visible one too.  Names alone tell nothing, as repositories of one observatory share them.  Of those
 * whose own server decides who reads, nobody else can ask.
 */
export async function hiddenInputs(
  source: Repository,
  collections: readonly CollectionInfo[],
  hidden: readonly OfferedRepository[],
  visible: readonly OfferedRepository[],
  ctx: QueryContext,
): Promise<readonly string[]> {
  const runs = collections.filter(({ name, type }) => type === 'RUN' && ownerOfName(name) === null);
  const found: string[] = [];
  for (const { name, admits, repository } of hidden) {
    if (runs.length === 0 || admits) continue;
    const there = new Set((await repository.collections({ search: ['*'] }, ctx)).map((info) => info.name));
    const shared = runs.map((info) => info.name).filter((run) => there.has(run));
    if (shared.length > 0 && (await hasCopies(source, shared, repository, visible, ctx))) found.push(name);
  }
  return found;
}

async function hasCopies(
  source: Repository,
  runs: readonly string[],
  hidden: Repository,
  visible: readonly OfferedRepository[],
  ctx: QueryContext,
): Promise<boolean> {
  const infos = await source.collections({ search: runs, includeSummary: true }, ctx);
  const datasetTypes = [...new Set(infos.flatMap((info) => info.datasetTypes ?? []))];
  if (datasetTypes.length === 0) return false;
  const search = { datasetTypes, collections: runs, findFirst: false, implied: false };
  for await (const rows of streamDatasets([source], search, ctx)) {
    const copied = new Set(
      (
        await hidden.datasets(
          rows.map(({ uuid }) => uuid),
          ctx,
        )
      ).keys(),
    );
    for (const { repository } of visible) {
      if (copied.size === 0) break;
      for (const uuid of (await repository.datasets([...copied], ctx)).keys()) copied.delete(uuid);
    }
    if (copied.size > 0) return true;
  }
  return false;
}
