/** Puts the questions of a diagnosis to the repositories: few, one after the other, and none that would be too costly. */
import { ButlerUserError, QueryTooCostlyError } from '../../../butler/errors.ts';
import { columnsOfPredicate } from '../../../butler/query/column-type.ts';
import { allOf } from '../../../butler/query/predicate.ts';
import type { ResultSpec } from '../../../butler/query/result-spec.ts';
import type { DatasetSearch, Query } from '../../../butler/query/tree.ts';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import type { QueryContext } from '../../repository.ts';
import type { Member } from '../members.ts';
import type { Part } from '../part.ts';
import { planParts } from '../plan.ts';
import type { SearchPath } from '../search-path.ts';
import type { Questions } from './diagnose.ts';
import { askedAlone, holdersOf, type Constraint, type Operand } from './operands.ts';

/** Questions that one diagnosis may ask; each goes to all repositories that may know. */
const MOST_QUESTIONS = 30;

/** Of these, those for which rows have to be brought together. */
const MOST_JOINS = 4;

/** The questions of a query over repositories. */
export class QuestionsOf implements Questions {
  readonly #members: readonly Member[];
  readonly #query: Query;
  readonly #paths: ReadonlyMap<string, SearchPath>;
  readonly #ctx: QueryContext;
  #left: number;
  #joinsLeft = MOST_JOINS;

  constructor(
    members: readonly Member[],
    query: Query,
    paths: ReadonlyMap<string, SearchPath>,
    ctx: QueryContext,
    most = MOST_QUESTIONS,
  ) {
    this.#members = members;
    this.#query = query;
    this.#paths = paths;
    this.#ctx = ctx;
    this.#left = most;
  }

  has(operand: Operand, constraints: readonly Constraint[]): Promise<boolean | undefined> {
    return this.#asked(async () => {
      const answers = await Promise.all(
        holdersOf(operand, this.#members, this.#paths).map(async (member) => {
          const { query, spec } = askedAlone(operand, member, constraints, this.#paths);
          // Only a query for records joins those of what is no dimension.
          const isJoined = operand.kind === 'datasets' || member.universe.isDimension(operand.name);
          return isJoined
            ? member.repository.any(query, this.#ctx, { execute: true, exact: true })
            : (await member.repository.count(query, spec, this.#ctx)) > 0;
        }),
      );
      return answers.includes(true);
    });
  }

  whole(operands: readonly Operand[], constraints: readonly Constraint[]): Promise<boolean | undefined> {
    return this.#exists(this.#query.tree.dimensions, operands, constraints);
  }

  both(a: Operand, b: Operand, constraints: readonly Constraint[]): Promise<boolean | undefined> {
    return this.#exists(a.dimensions.union(b.dimensions), [a, b], constraints);
  }

  #exists(
    dimensions: DimensionGroup,
    operands: readonly Operand[],
    constraints: readonly Constraint[],
  ): Promise<boolean | undefined> {
    return this.#asked(async () => {
      const query = narrowed(this.#query, dimensions, operands, constraints);
      const parts = planParts(this.#members, query, existenceSpec(query), this.#paths);
      if (parts.some(({ member }) => member.joins)) {
        if (this.#joinsLeft === 0) return undefined;
        this.#joinsLeft -= 1;
      }
      return anyOf(parts, this.#ctx);
    });
  }

  /** What the repositories cannot answer together, or not in reasonable time, is not known. */
  async #asked(ask: () => Promise<boolean | undefined>): Promise<boolean | undefined> {
    if (this.#left === 0) return undefined;
    this.#left -= 1;
    try {
      return await ask();
    } catch (error) {
      if (error instanceof QueryTooCostlyError || error instanceof ButlerUserError) return undefined;
      throw error;
    }
  }
}

/** Whether any of the parts has rows. */
export async function anyOf<S extends ResultSpec>(parts: readonly Part<S>[], ctx: QueryContext): Promise<boolean> {
  const answers = await Promise.all(
    parts.map(({ member, query }) => member.repository.any(query, ctx, { execute: true, exact: true })),
  );
  return answers.includes(true);
}

/** What is asked of a query of which only matters whether it has rows. */
export function existenceSpec(query: Query): ResultSpec {
  return {
    type: 'data_coordinate',
    dimensions: query.tree.dimensions,
    includeDimensionRecords: false,
    orderBy: [],
    limit: null,
    allowDuplicateOverlaps: false,
  };
}

/** A query with these dimensions, these of its operands, and the constraints that are about them. */
export function narrowed(
  { tree, uploads }: Query,
  dimensions: DimensionGroup,
  operands: readonly Operand[],
  constraints: readonly Constraint[],
): Query {
  const names = new Set(operands.map(({ name }) => name));
  const datasets = new Map<string, DatasetSearch>([...tree.datasets].filter(([name]) => names.has(name)));
  const kept = uploads.filter(({ key }) => names.has(key));
  const { universe } = tree.dimensions;
  const isAbout = ({ predicate }: Constraint) => {
    const columns = columnsOfPredicate(predicate);
    return (
      [...columns.datasetTypes].every((name) => datasets.has(name)) &&
      [...columns.elements].every((name) => dimensions.isSupersetOf(universe.groupOf(name)))
    );
  };
  const predicate = allOf(...constraints.filter(isAbout).map((constraint) => constraint.predicate));
  return {
    tree: {
      ...tree,
      dimensions,
      datasets,
      predicate,
      dataCoordinateUploads: new Map(kept.map((upload) => [upload.key, upload.dimensions])),
      validateGovernorConstraints: false,
    },
    defaultDataId: {},
    uploads: kept,
  };
}
