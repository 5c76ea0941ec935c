/**
 * Rows of several repositories in no order, all of them: each repository is asked once for each stretch of the search path
 * that it holds, so that the number of requests does not depend on the number of rows.
 */
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { Page, PageOptions, QueryContext } from '../repository.ts';
import type { DatasetRow, RowsByResult } from '../rows.ts';
import { dataIdKey, dataIdReader } from './identity.ts';
import type { Part } from './part.ts';
import { isKeyedByUuid } from './probe.ts';
import { SeenKeys } from './seen-keys.ts';

/** @param names dimensions that identify a row */
export async function* unorderedRows<S extends ResultSpec>(
  parts: readonly Part<S>[],
  names: readonly string[],
  options: Pick<PageOptions, 'implied'>,
  ctx: QueryContext,
): AsyncGenerator<Page<RowsByResult[S['type']]>> {
  using given = new SeenKeys();
  for (const { part, query } of parts.every(({ path }) => path) ? stretches(parts) : wholly(parts)) {
    const keyOf = keyReader(part.spec, names);
    for await (const { rows } of part.member.repository.query(query, part.spec, ctx, options)) {
      const added = rows.filter((row) => given.add(keyOf(row)));
      if (added.length > 0) yield { rows: added };
    }
  }
}

interface Question<S extends ResultSpec> {
  readonly part: Part<S>;
  readonly query: Query;
}

function wholly<S extends ResultSpec>(parts: readonly Part<S>[]): readonly Question<S>[] {
  return parts.map((part) => ({ part, query: part.query }));
}

/** The search path, cut where another repository goes on: what is found in an earlier stretch hides what later ones have. */
function stretches<S extends ResultSpec>(parts: readonly Part<S>[]): readonly Question<S>[] {
  const places = parts.flatMap((part, index) =>
    [...part.query.tree.datasets.values()].flatMap(({ collections }) =>
      collections.map((collection) => ({ part, index, collection, rank: part.path!.rankOf(collection) })),
    ),
  );
  places.sort((a, b) => a.rank - b.rank || a.index - b.index);
  const cut: { readonly part: Part<S>; readonly collections: string[] }[] = [];
  for (const { part, collection } of places) {
    const last = cut.at(-1);
    if (last?.part === part) last.collections.push(collection);
    else cut.push({ part, collections: [collection] });
  }
  return cut.map(({ part, collections }) => ({ part, query: searchedIn(part.query, collections) }));
}

/** The query with its one search over some of its collections. */
function searchedIn({ tree, ...query }: Query, collections: readonly string[]): Query {
  const datasets = new Map([...tree.datasets].map(([name, search]) => [name, { ...search, collections }]));
  return { ...query, tree: { ...tree, datasets } };
}

function keyReader<S extends ResultSpec>(spec: S, names: readonly string[]): (row: RowsByResult[S['type']]) => string {
  if (isKeyedByUuid(spec)) return (row) => (row as DatasetRow).uuid;
  const read = dataIdReader(spec, names);
  return (row) => dataIdKey(read(row));
}
