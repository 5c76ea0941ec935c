/** Why a query gives nothing, in stock Butler's words: each repository's own, and the same of what none of them has. */
import { bothRequired, doomedSearch, noCollectionsToSearch, noDatasetsOfType } from '../../direct/compile/messages.ts';
import { predicateWithDefaults, summarizePredicate } from '../../../butler/query/governors.ts';
import type { ResultSpec } from '../../../butler/query/result-spec.ts';
import type { QueryContext } from '../../repository.ts';
import { searchesWithoutHolder, type Member } from '../members.ts';
import type { Part } from '../part.ts';
import type { Explained } from './explanation.ts';

export async function stockReasons(
  members: readonly Member[],
  { query, paths }: Explained,
  parts: readonly Part<ResultSpec>[],
  ctx: QueryContext,
  execute: boolean,
): Promise<readonly string[]> {
  const doomed = searchesWithoutHolder(members, query, paths).flatMap((name) => {
    const { collections } = query.tree.datasets.get(name)!;
    const searched = paths.get(name)!.types();
    return [
      doomedSearch(name, collections),
      ...(searched.length === 0 ? [noCollectionsToSearch()] : searched.map(([of]) => noDatasetsOfType(name, of))),
    ];
  });
  const { contradictions: found } = summarizePredicate(query.tree.dimensions.universe, predicateWithDefaults(query));
  const contradictions = found.map(bothRequired);
  const own = await Promise.all(
    parts
      // What is brought together to be joined has nothing to say that its sources have not.
      .filter(({ member }) => !member.joins)
      .map(async ({ member: { repository }, query: asked }) => {
        const reasons = await repository.explain(asked, ctx, { execute });
        return members.length === 1 ? reasons : reasons.map((reason) => `${repository.name}: ${reason}`);
      }),
  );
  return [...(own.length === 0 ? contradictions : []), ...doomed, ...own.flat()];
}
