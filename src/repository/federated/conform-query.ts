/** Says a query in the universe of another repository. */
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import { InvalidQueryError } from '../../butler/errors.ts';
import type { OrderExpression } from '../../butler/query/expression.ts';
import type { Predicate } from '../../butler/query/predicate.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { Query, QueryTree } from '../../butler/query/tree.ts';
import type { Universe } from '../../butler/universe.ts';

/** The query and what is asked of it, with every dimension group of `to`. @throws InvalidQueryError where it has no such group or column */
export function conformQuery<S extends ResultSpec>(query: Query, spec: S, to: Universe): { query: Query; spec: S } {
  if (query.tree.dimensions.universe === to) return { query, spec };
  const conform = new Conformer(query.tree.dimensions.universe, to);
  return {
    query: {
      tree: conform.tree(query.tree),
      defaultDataId: query.defaultDataId,
      uploads: query.uploads.map((upload) => ({ ...upload, dimensions: conform.group(upload.dimensions) })),
    },
    spec: conform.spec(spec),
  };
}

class Conformer {
  readonly #from: Universe;
  readonly #to: Universe;

  constructor(from: Universe, to: Universe) {
    this.#from = from;
    this.#to = to;
  }

  group(group: DimensionGroup): DimensionGroup {
    const missing = group.required.find((name) => !this.#to.isDimension(name));
    if (missing !== undefined) this.#refuse(`has no dimension '${missing}'`);
    const conformed = this.#to.conform(group.required);
    if (!sameNames(conformed.required, group.required)) {
      this.#refuse(`identifies ${group} by {${conformed.required.join(', ')}}`);
    }
    return conformed;
  }

  tree(tree: QueryTree): QueryTree {
    const groups = (map: ReadonlyMap<string, DimensionGroup>) =>
      new Map([...map].map(([key, group]) => [key, this.group(group)]));
    const dimensions = this.group(tree.dimensions);
    return {
      ...tree,
      dimensions,
      datasets: new Map(
        [...tree.datasets].map(([name, search]) => [
          name,
          { collections: search.collections, dimensions: this.group(search.dimensions) },
        ]),
      ),
      predicate: this.#predicate(tree.predicate, dimensions),
      dataCoordinateUploads: groups(tree.dataCoordinateUploads),
      materializations: groups(tree.materializations),
    };
  }

  spec<S extends ResultSpec>(spec: S): S {
    for (const term of spec.orderBy) this.#checkColumn(term);
    if (spec.type === 'dimension_record') {
      this.#checkElement(spec.element);
      return spec;
    }
    if (spec.type === 'general') {
      for (const [element, fields] of spec.dimensionFields) {
        for (const field of fields) this.#checkColumn({ type: 'dimension_field', element, field });
      }
    }
    return { ...spec, dimensions: this.group(spec.dimensions) };
  }

  /** Checks all columns; only queries inside hold groups of their own. */
  #predicate(predicate: Predicate, dimensions: DimensionGroup): Predicate {
    switch (predicate.type) {
      case 'and':
      case 'or':
        return { ...predicate, operands: predicate.operands.map((p) => this.#predicate(p, dimensions)) };
      case 'not':
        return { ...predicate, operand: this.#predicate(predicate.operand, dimensions) };
      case 'comparison':
        this.#checkColumn(predicate.a, dimensions);
        this.#checkColumn(predicate.b, dimensions);
        return predicate;
      case 'in_query':
        this.#checkColumn(predicate.member, dimensions);
        return { ...predicate, tree: this.tree(predicate.tree) };
      case 'in_container':
        for (const value of predicate.container) this.#checkColumn(value, dimensions);
        this.#checkColumn(predicate.member, dimensions);
        return predicate;
      case 'in_range':
        this.#checkColumn(predicate.member, dimensions);
        return predicate;
      case 'is_null':
      case 'boolean_wrapper':
        this.#checkColumn(predicate.operand, dimensions);
        return predicate;
    }
  }

  #checkColumn(expression: OrderExpression, dimensions?: DimensionGroup): void {
    switch (expression.type) {
      case 'dimension_key':
        if (!this.#to.isDimension(expression.dimension)) this.#refuse(`has no dimension '${expression.dimension}'`);
        if (dimensions && !dimensions.has(expression.dimension)) {
          this.#refuse(`does not take ${expression.dimension} from {${dimensions.required.join(', ')}}`);
        }
        return;
      case 'dimension_field':
        this.#checkField(expression.element, expression.field);
        return;
      case 'unary':
      case 'reversed':
        this.#checkColumn(expression.operand, dimensions);
        return;
      case 'binary':
        this.#checkColumn(expression.a, dimensions);
        this.#checkColumn(expression.b, dimensions);
        return;
      default:
        return;
    }
  }

  #checkElement(name: string): void {
    const [mine, theirs] = [this.#to.find(name), this.#from.element(name)];
    if (!mine) this.#refuse(`has no '${name}'`);
    else if (!sameNames(mine.required, theirs.required)) {
      this.#refuse(`identifies ${name} by {${mine.required.join(', ')}}`);
    }
  }

  #checkField(name: string, field: string): void {
    const element = this.#to.find(name);
    if (!element) this.#refuse(`has no '${name}'`);
    else if (
      !(field === 'region' && element.spatialFamily !== undefined) &&
      !(field === 'timespan' && element.temporalFamily !== undefined) &&
      ![...element.alternateKeys, ...element.metadata].some((column) => column.name === field) &&
      element.primaryKey?.name !== field &&
      !element.implied.includes(field)
    ) {
      this.#refuse(`has no '${name}.${field}'`);
    }
  }

  #refuse(why: string): never {
    throw new InvalidQueryError(
      `The repositories have different dimension universes and cannot answer this query together: ` +
        `it is said in ${String(this.#from)}, and ${String(this.#to)} ${why}. Search one of them at a time, with 'repositories'.`,
    );
  }
}

/** Whether both lists hold the same names; universes may order them differently. */
function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
