/** How many rows each thing that a query joins has, asked of each repository once. */
import type { SpatialJoin } from '../../../butler/query/overlaps.ts';
import type { Query } from '../../../butler/query/tree.ts';
import type { DimensionElement } from '../../../butler/universe.ts';
import type { QueryContext } from '../../repository.ts';
import { overlapsOf } from '../analysis.ts';
import type { Member } from '../members.ts';
import type { SearchPath } from '../search-path.ts';
import {
  askedAlone,
  constraintsOf,
  constraintsOn,
  holdersOf,
  operandsOf,
  type Constraint,
  type Operand,
} from './operands.ts';

/** Rows of one operand in one repository; regions that only nearly overlap may be counted too. */
export interface Size {
  readonly member: Member;
  readonly rows: number;
}

export class Sizes {
  /** Pairs of elements whose regions must overlap. */
  readonly overlaps: readonly SpatialJoin[];
  /** The elements of these pairs: none, or two or more. */
  readonly regions: readonly DimensionElement[];
  readonly operands: readonly Operand[];
  readonly constraints: readonly Constraint[];
  readonly #members: readonly Member[];
  readonly #paths: ReadonlyMap<string, SearchPath>;
  readonly #query: Query;
  readonly #ctx: QueryContext;
  readonly #sizes = new Map<Operand, Promise<readonly Size[]>>();
  readonly #known = new Map<Operand, readonly Size[]>();

  /** @throws as `overlapsOf`: what is wrong with the query is told before anything is counted */
  constructor(members: readonly Member[], query: Query, paths: ReadonlyMap<string, SearchPath>, ctx: QueryContext) {
    this.overlaps = overlapsOf(members, query, paths);
    this.regions = [...new Set(this.overlaps.flat())];
    this.operands = operandsOf(query, this.regions);
    this.constraints = constraintsOf(query);
    this.#members = members;
    this.#paths = paths;
    this.#query = query;
    this.#ctx = ctx;
  }

  /** The same for another context; what is counted already is not counted again. */
  under(ctx: QueryContext): Sizes {
    const other = new Sizes(this.#members, this.#query, this.#paths, ctx);
    for (const [i, operand] of this.operands.entries()) {
      const known = this.#known.get(operand);
      if (known) other.#sizes.set(other.operands[i]!, Promise.resolve(known));
    }
    return other;
  }

  /** What it has in each repository, with all that the query says of it; data IDs that were sent are in none. */
  of(operand: Operand): Promise<readonly Size[]> {
    let sizes = this.#sizes.get(operand);
    if (!sizes) {
      sizes = this.#count(operand);
      this.#sizes.set(operand, sizes);
    }
    return sizes;
  }

  async #count(operand: Operand): Promise<readonly Size[]> {
    const constraints = constraintsOn(operand, this.constraints);
    const sizes = await Promise.all(
      holdersOf(operand, this.#members, this.#paths).map(async (member) => {
        const { query, spec } = askedAlone(operand, member, constraints, this.#paths);
        return { member, rows: await member.repository.count(query, spec, this.#ctx, { exact: false }) };
      }),
    );
    this.#known.set(operand, sizes);
    return sizes;
  }

  /** Rows of it in all repositories together; what several have is counted in each. */
  async total(operand: Operand): Promise<number> {
    if (operand.kind === 'dataIds') {
      return this.#query.uploads.find(({ key }) => key === operand.name)!.rows.length;
    }
    return (await this.of(operand)).reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Datasets of that type, in all repositories together. */
  ofSearch(datasetType: string): Promise<number> {
    return this.#named('datasets', datasetType);
  }

  /** Records of an element whose regions must overlap others, likewise. */
  ofRecords(element: string): Promise<number> {
    return this.#named('records', element);
  }

  #named(of: Operand['kind'], called: string): Promise<number> {
    return this.total(this.operands.find(({ kind, name }) => kind === of && name === called)!);
  }
}
