/** Terms of `orderBy`. */
import type { DimensionGroup } from '../dimension-group.ts';
import { InvalidQueryError } from '../errors.ts';
import { resolveIdentifier } from '../where/identifiers.ts';
import { orderTerm } from './checked.ts';
import { columnsOfExpressions } from './column-type.ts';
import type { OrderExpression } from './expression.ts';
import type { ResultSpec } from './result-spec.ts';

/**
 * The terms of an order; a `-` before a name reverses it.
 * @param dimensions those of the result
 * @throws InvalidQueryError where a name is unknown, not ordered, or of something that is not in the result.
 */
export function orderTerms(
  spec: ResultSpec,
  dimensions: DimensionGroup,
  names: readonly string[],
): readonly OrderExpression[] {
  const scope = { dimensions, datasetTypes: datasetTypesOf(spec) };
  const terms = names.map((name) => {
    const reversed = name.startsWith('-');
    const identifier = reversed ? name.slice(1) : name;
    if (identifier === '') throw new InvalidQueryError('Empty dimension name in ORDER BY');
    const operand = resolveIdentifier(scope, identifier);
    return orderTerm(dimensions.universe, reversed ? { type: 'reversed', operand } : operand);
  });
  const columns = columnsOfExpressions(terms);
  const outside = [...columns.elements].filter((name) => !dimensions.isSupersetOf(dimensions.universe.groupOf(name)));
  if (outside.length > 0) {
    throw new InvalidQueryError(
      'Order-by expression may not reference columns that are not in the result dimensions.\n' +
        `Invalid columns: ${outside.join(', ')}\nAvailable columns: ${dimensions.names.join(', ')}`,
    );
  }
  for (const name of columns.datasetTypes) {
    if (scope.datasetTypes.has(name)) continue;
    throw new InvalidQueryError(`Dataset type '${name}' in order-by expression is not part of the query.`);
  }
  return terms;
}

function datasetTypesOf(spec: ResultSpec): ReadonlySet<string> {
  if (spec.type === 'dataset_ref') return new Set([spec.datasetType]);
  return new Set(spec.type === 'general' ? spec.datasetFields.keys() : []);
}
