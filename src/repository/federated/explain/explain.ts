/** Explains queries over one repository or several: the plan, and where the answer is empty, why and what to change. */
import type { DataIdValue } from '../../../butler/data-id.ts';
import { QueryTooCostlyError } from '../../../butler/errors.ts';
import { summarizePredicate } from '../../../butler/query/governors.ts';
import { allOf, leavesOf } from '../../../butler/query/predicate.ts';
import type { ResultSpec } from '../../../butler/query/result-spec.ts';
import type { Query } from '../../../butler/query/tree.ts';
import { queryOf } from '../../search/records-of-data-ids.ts';
import type { QueryContext } from '../../repository.ts';
import { isCalibrationSearch } from '../analysis.ts';
import { recordDataId } from '../identity.ts';
import { searchesWithoutHolder, type Member } from '../members.ts';
import type { Part } from '../part.ts';
import { planParts } from '../plan.ts';
import type { SearchPath } from '../search-path.ts';
import { pairingOf } from './cost.ts';
import { diagnose, type EmptyQuery, type Finding, type SearchFacts } from './diagnose.ts';
import type { Explained, Explanation } from './explanation.ts';
import type { Constraint, Operand } from './operands.ts';
import { anyOf, QuestionsOf } from './questions.ts';
import { Sizes } from './sizes.ts';
import { stepsOf } from './steps.ts';
import { stockReasons } from './stock-reasons.ts';
import { wordsOf, type Words } from './words.ts';

/** Rows that are brought together only to find out whether an answer is empty. */
const MOST_JOINED_TO_EXPLAIN = 100_000;

/** Collections of a repository that are looked through for a dataset type that those of a query do not have. */
const MOST_LOOKED_THROUGH = 500;

/** Values of an instrument or sky map that are listed. */
const MOST_KNOWN = 20;

export interface ExplainOptions {
  /** Whether repositories may be asked for more than is known of their collections; default true. */
  readonly execute?: boolean;
  /** Where it is known already. */
  readonly isEmpty?: boolean | undefined;
  /** The parts of the plan, where they are made already. */
  readonly parts?: readonly Part<ResultSpec>[];
}

/** @throws what planning the query throws, and RepositoryUnavailableError */
export async function explainQuery(
  members: readonly Member[],
  explained: Explained,
  ctx: QueryContext,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const { query, spec, paths } = explained;
  const { execute = true } = options;
  const parts = options.parts ?? planParts(members, query, spec, paths);
  const sizes = new Sizes(members, query, paths, ctx);
  // Nobody is asked for what some search can find nowhere.
  const isDoomed = searchesWithoutHolder(members, query, paths).length > 0;
  const counted = execute && !isDoomed ? sizes : undefined;
  const joinedHere = parts.some(({ member }) => member.joins !== undefined);
  const isEmpty = options.isEmpty ?? (isDoomed || (await emptiness(sizes.operands, parts, counted, joinedHere, ctx)));
  const words = isEmpty === true ? await whyEmpty(members, explained, sizes, execute, ctx) : undefined;
  const steps = isDoomed
    ? []
    : await stepsOf({ members, query, parts, paths, sizes: counted, operands: sizes.operands }, ctx);
  return {
    steps,
    joinedHere: joinedHere && new Set(steps.map(({ repository }) => repository)).size > 1,
    estimatedRows: isEmpty === true ? 0 : counted ? await estimatedRows(query, counted) : null,
    isEmpty,
    reason: words?.reason ?? null,
    suggestions: words?.suggestions ?? [],
    messages: await stockReasons(members, explained, parts, ctx, execute),
  };
}

/** Null where it would cost too much to find out. */
async function emptiness(
  operands: readonly Operand[],
  parts: readonly Part<ResultSpec>[],
  sizes: Sizes | undefined,
  joinedHere: boolean,
  ctx: QueryContext,
): Promise<boolean | null> {
  if (!sizes) return null;
  const totals = await Promise.all(operands.map((operand) => sizes.total(operand)));
  if (totals.includes(0)) return true;
  const rows = totals.reduce((sum, total) => sum + total, 0);
  if (joinedHere && rows > MOST_JOINED_TO_EXPLAIN) return null;
  try {
    return !(await anyOf(parts, ctx));
  } catch (error) {
    if (error instanceof QueryTooCostlyError) return null;
    throw error;
  }
}

/** The rows of the operand that fixes a row of the answer, or of those that do together. */
async function estimatedRows(query: Query, sizes: Sizes): Promise<number> {
  const pairing = await pairingOf(query, sizes);
  if (pairing) return Math.round(pairing.rows);
  const fixing = sizes.operands.filter(({ dimensions }) =>
    query.tree.dimensions.required.every((name) => dimensions.has(name)),
  );
  const totals = await Promise.all(
    (fixing.length > 0 ? fixing : sizes.operands).map((operand) => sizes.total(operand)),
  );
  return Math.min(...totals, ...(totals.length === 0 ? [1] : []));
}

async function whyEmpty(
  members: readonly Member[],
  { query, paths }: Explained,
  { operands, constraints, regions }: Sizes,
  execute: boolean,
  ctx: QueryContext,
): Promise<Words | undefined> {
  const { dimensions } = query.tree;
  const { universe } = dimensions;
  const predicate = allOf(...constraints.map((constraint) => constraint.predicate));
  const searches = [...query.tree.datasets].map(([name, { collections }]) =>
    factsOf(name, collections, paths, members),
  );
  const empty: EmptyQuery = {
    universe,
    operands,
    constraints,
    contradictions: summarizePredicate(universe, predicate).contradictions,
    searches,
    regions,
    comparesTimes: dimensions.elements.some(({ temporalFamily }) => temporalFamily !== undefined),
  };
  const questions = new QuestionsOf(members, query, paths, ctx, execute ? undefined : 0);
  const finding = await diagnose(empty, questions);
  return wordsOf(finding, {
    universe,
    repositories: members.map(({ repository }) => repository.name),
    elsewhere: execute && 'search' in finding ? await collectionsWith(finding.search, members, ctx) : [],
    known: execute ? await knownValues(finding, members, ctx) : [],
  });
}

function factsOf(
  datasetType: string,
  asked: readonly string[],
  paths: ReadonlyMap<string, SearchPath>,
  members: readonly Member[],
): SearchFacts {
  const path = paths.get(datasetType)!;
  const types = new Map(path.types());
  const holding = new Set(
    members.flatMap(({ repository, datasetTypes }) =>
      datasetTypes.has(datasetType) ? path.collectionsIn(repository, datasetType) : [],
    ),
  );
  return {
    datasetType,
    asked,
    searched: [...types.keys()],
    held: path.datasetTypes(),
    holding: [...holding],
    isCalibrationSearch: isCalibrationSearch(members, datasetType, path),
  };
}

/** Collections that have datasets of the type, by their summaries; where a repository has very many, it is not looked at. */
async function collectionsWith(
  { datasetType, searched }: SearchFacts,
  members: readonly Member[],
  ctx: QueryContext,
): Promise<readonly string[]> {
  const holders = members.filter(({ datasetTypes }) => datasetTypes.has(datasetType));
  const found = await Promise.all(
    holders.map(async ({ repository }) => {
      const all = { search: ['*'], includeChains: false };
      if ((await repository.collections(all, ctx)).length > MOST_LOOKED_THROUGH) return [];
      return repository.collections({ ...all, includeSummary: true }, ctx);
    }),
  );
  const names = found.flat().filter(({ datasetTypes }) => datasetTypes?.includes(datasetType));
  return [...new Set(names.map(({ name }) => name))].filter((name) => !searched.includes(name)).toSorted();
}

/** Which instruments or sky maps there are, where one was asked for that is not. */
async function knownValues(
  finding: Finding,
  members: readonly Member[],
  ctx: QueryContext,
): Promise<readonly DataIdValue[]> {
  if (finding.kind !== 'no such records') return [];
  const { element: name } = finding;
  const isKey = ({ predicate }: Constraint) =>
    [...leavesOf(predicate)].some((leaf) => leaf.type === 'comparison' && leaf.operator === '==');
  const known = members.filter(({ universe }) => universe.find(name)?.isGovernor);
  if (!finding.constraints.some(isKey)) return [];
  const values = new Set<DataIdValue>();
  for (const { repository, universe } of known) {
    const spec = {
      type: 'dimension_record',
      element: name,
      orderBy: [],
      limit: MOST_KNOWN,
      allowDuplicateOverlaps: false,
    } as const;
    for await (const { rows } of repository.query(queryOf(universe.groupOf(name)), spec, ctx)) {
      for (const row of rows) values.add(recordDataId(row, [name])[0]!);
    }
  }
  return [...values].slice(0, MOST_KNOWN);
}
