/** Plans dataset searches: for each dataset type one query, over one search path. */
import { InvalidQueryError } from '../../butler/errors.ts';
import { isGlob } from '../../butler/glob.ts';
import { buildQuery } from '../../butler/query/build.ts';
import type { OrderExpression } from '../../butler/query/expression.ts';
import type { DatasetRefSpec } from '../../butler/query/result-spec.ts';
import type { Query } from '../../butler/query/tree.ts';
import { refuseCostly } from '../federated/explain/cost.ts';
import { explainQuery } from '../federated/explain/explain.ts';
import { explainedTogether, type Explanation } from '../federated/explain/explanation.ts';
import { countRows } from '../federated/count-rows.ts';
import { compareText, keyComparator } from '../federated/key-order.ts';
import { membersOnPath, membersWithType, openMembers, type Member } from '../federated/members.ts';
import { mergedQuery } from '../federated/merged-query.ts';
import { mergeOrdered, type Batch } from '../federated/ordered-merge.ts';
import { totalOrder, wholePart, type Part } from '../federated/part.ts';
import { planParts } from '../federated/plan.ts';
import { resolveSearchPath } from '../federated/search-path.ts';
import type { QueryContext, Repository } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import type { Bookmark } from './cursor.ts';
import { searchedDatasetTypes } from './dataset-types.ts';
import { namingMissing, nothing, termsOf, unlessRefused, type ReadPlan, type SearchPlan } from './search-plan.ts';
import type { DatasetSearchRequest, Unpaged } from './search.ts';

/** Dataset types whose searches are explained, and reasons that are given. */
const MOST_EXPLAINED = 10;
const MOST_REASONS = 3;

type Request = Unpaged<DatasetSearchRequest>;

/** The search for one dataset type. */
interface TypePlan {
  readonly datasetType: string;
  readonly parts: readonly Part<DatasetRefSpec>[];
  readonly warnings: readonly string[];
  /** What the caller ordered by, at the front of the total order. */
  readonly orderBy: readonly OrderExpression[];
}

/** Plans a search for datasets; types come one after the other in name order, or merged where the caller orders them. */
export async function planDatasets(
  repositories: readonly Repository[],
  failed: readonly string[],
  request: Request,
  ctx: QueryContext,
): Promise<SearchPlan<DatasetRow>> {
  if (request.findFirst && request.collections.some(isGlob)) {
    throw new InvalidQueryError(
      `'collections' has globs (${request.collections.filter(isGlob).join(', ')}), whose order is not known: ` +
        `name collections in search order, or set 'findFirst' to false.`,
    );
  }
  const members = await openMembers(repositories, ctx);
  const known = new Set(members.flatMap((member) => [...member.datasetTypes.keys()]));
  const names = searchedDatasetTypes(request.datasetTypes, known, failed.length > 0);
  if (request.collections.length === 0) {
    if (isOfMany(request) && request.findFirst) {
      throw new InvalidQueryError("'collections' is empty: name the collections to search, in order.");
    }
    for (const name of isOfMany(request) ? [] : names) {
      typeQuery(membersWithType(members, name)[0]!, name, request);
    }
    return nothing(
      "'collections' is empty, so that no collection is searched.",
      "Name the collections to search, in order: the field 'collections' lists those that you may read.",
    );
  }
  const plan = isWhole(members, names, request, failed)
    ? wholeType(members[0]!, names[0]!, request)
    : await typesOnPath(members, names, request, failed, ctx);
  const refuse = () => refuseWide(members, plan.types, request, failed, ctx);
  const read = (options: ReadPlan) => {
    const isMerged = plan.types.length > 1 && request.orderBy !== undefined && request.orderBy.length > 0;
    const rows = isMerged
      ? readMerged(plan.types, options, request, ctx)
      : readInTurn(plan.types, options, request, ctx);
    const allowed = options.after ? rows : unlessRefused(refuse, rows);
    return repositories.length === 1 ? namingMissing(repositories[0]!, request.collections, allowed, ctx) : allowed;
  };
  const count = async () => {
    await refuse();
    const counts = await Promise.all(plan.types.map(({ parts }) => countRows(parts, ctx)));
    return counts.reduce((sum, n) => sum + n, 0);
  };
  const explain = (isEmpty?: boolean) => explainTypes(members, names, request, failed, isEmpty, ctx);
  return { warnings: [...new Set([...plan.warnings, ...plan.types.flatMap((t) => t.warnings)])], read, count, explain };
}

/** @throws QueryTooCostlyError where an expression pairs datasets with too many values of further dimensions */
async function refuseWide(
  members: readonly Member[],
  types: readonly TypePlan[],
  request: Request,
  failed: readonly string[],
  ctx: QueryContext,
): Promise<void> {
  const wide = types.filter(({ parts }) => parts.some((part) => part.query.tree.dimensions !== part.spec.dimensions));
  if (wide.length === 0) return;
  const repositories = members.map((member) => member.repository);
  const path = await resolveSearchPath(repositories, request.collections, failed, ctx);
  for (const { datasetType, parts } of wide) {
    const { query } = parts[0]!;
    await refuseCostly(members, { query, paths: new Map([[datasetType, path]]) }, parts, ctx);
  }
}

/** Explains the search for each dataset type; of very many, the first ones. */
async function explainTypes(
  members: readonly Member[],
  names: readonly string[],
  request: Request,
  failed: readonly string[],
  isEmpty: boolean | undefined,
  ctx: QueryContext,
): Promise<Explanation> {
  const repositories = members.map((member) => member.repository);
  const path = await resolveSearchPath(repositories, request.collections, failed, ctx);
  const isHeld = (name: string) => membersOnPath(members, name, path).length > 0;
  const held = names.filter(isHeld);
  const explanations: Explanation[] = [];
  for (const name of (held.length > 0 ? held : names).slice(0, MOST_EXPLAINED)) {
    const [base] = isHeld(name) ? membersOnPath(members, name, path) : membersWithType(members, name);
    const { query, spec } = typeQuery(base!, name, request);
    const paths = new Map([[name, path]]);
    explanations.push(await explainQuery(members, { query, spec, paths }, ctx, { isEmpty }));
  }
  return explainedTogether(explanations, MOST_REASONS);
}

interface TypesPlan {
  readonly types: readonly TypePlan[];
  readonly warnings: readonly string[];
}

/** Whether one repository can be asked one query, with the collections as the caller names them. */
function isWhole(
  members: readonly Member[],
  names: readonly string[],
  request: Request,
  failed: readonly string[],
): boolean {
  return (
    members.length === 1 &&
    failed.length === 0 &&
    names.length === 1 &&
    !isOfMany(request) &&
    !request.collections.some(isGlob)
  );
}

/** Whether dataset types that no collection holds are skipped, as the real stack does unless one is asked for by its name. */
function isOfMany({ datasetTypes }: Request): boolean {
  return datasetTypes.length > 1 || datasetTypes.some(isGlob);
}

function wholeType(member: Member, name: string, request: Request): TypesPlan {
  const { query, spec, warnings, orderBy } = typeQuery(member, name, request);
  return { types: [{ datasetType: name, parts: [wholePart(member, query, spec)], warnings, orderBy }], warnings: [] };
}

async function typesOnPath(
  members: readonly Member[],
  names: readonly string[],
  request: Request,
  failed: readonly string[],
  ctx: QueryContext,
): Promise<TypesPlan> {
  const repositories = members.map((member) => member.repository);
  const path = await resolveSearchPath(repositories, request.collections, failed, ctx);
  const types = names.flatMap((name) => {
    const holders = membersOnPath(members, name, path);
    if (holders.length === 0 && isOfMany(request)) return [];
    const [base] = holders.length > 0 ? holders : membersWithType(members, name);
    const { query, spec, warnings, orderBy } = typeQuery(base!, name, request);
    // With nothing to search a repository still says what is wrong with the query.
    const parts =
      holders.length > 0
        ? planParts(members, query, spec, new Map([[name, path]]))
        : [wholePart(base!, searchingNothing(query), spec)];
    return { datasetType: name, parts, warnings, orderBy };
  });
  return { types, warnings: path.warnings };
}

function searchingNothing(query: Query): Query {
  const searches = [...query.tree.datasets].map(([name, search]) => [name, { ...search, collections: [] }] as const);
  return { ...query, tree: { ...query.tree, datasets: new Map(searches) } };
}

/** The query for one dataset type, in the universe of a member. */
function typeQuery({ universe, datasetTypes }: Member, name: string, request: Request) {
  const datasetType = datasetTypes.get(name)!;
  const { collections, findFirst } = request;
  const built = buildQuery(universe, {
    ...termsOf(request),
    result: { type: 'dataset_ref', datasetType, collections, findFirst },
  });
  const spec = built.spec as DatasetRefSpec;
  const orderBy = totalOrder(spec, spec.dimensions.required);
  return { query: built.query, spec: { ...spec, orderBy }, warnings: built.warnings, orderBy: spec.orderBy };
}

/** One type after the other: a bookmark has the place in the type that was read last. */
async function* readInTurn(
  types: readonly TypePlan[],
  { after, wanted, positions }: ReadPlan,
  request: Request,
  ctx: QueryContext,
): AsyncGenerator<Batch<DatasetRow, Bookmark>> {
  const resumed = after && Object.keys(after)[0];
  let left = wanted;
  for (const { datasetType, parts } of types) {
    if (resumed !== undefined && compareText(datasetType, resumed) < 0) continue;
    const options = { after: after?.[datasetType], wanted: left, positions, implied: request.implied };
    for await (const batch of mergedQuery(parts, options, ctx)) {
      yield { ...batch, positionAt: (i) => ({ [datasetType]: batch.positionAt(i) }) };
      if (left !== null) left -= batch.rows.length;
    }
    if (left !== null && left <= 0) return;
  }
}

/** All types at once, in the caller's order: a bookmark has a place in every type. */
function readMerged(
  types: readonly TypePlan[],
  { after, wanted }: ReadPlan,
  request: Request,
  ctx: QueryContext,
): AsyncIterable<Batch<DatasetRow, Bookmark>> {
  const sources = types.map(({ datasetType, parts }) => {
    const place = after?.[datasetType];
    const options = { after: place, wanted, positions: true, implied: request.implied };
    return { name: datasetType, after: place, batches: mergedQuery(parts, options, ctx) };
  });
  return mergeOrdered(sources, keyComparator(types[0]?.orderBy ?? []));
}
