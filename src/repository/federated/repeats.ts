/** Datasets that a search without find-first gives more than once (query-semantics.md section 13, Q17). */
import type { Expression, OrderExpression } from '../../butler/query/expression.ts';
import type { Predicate } from '../../butler/query/predicate.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { DatasetRow } from '../rows.ts';
import type { Batch } from './ordered-merge.ts';
import type { Part } from './plan.ts';
import { isKeyedByUuid } from './probe.ts';

/** Whether a dataset may come once for each of its validity ranges or collections. */
export function mayRepeat({ query, spec, member }: Part<ResultSpec>): boolean {
  if (!isKeyedByUuid(spec) || spec.type !== 'dataset_ref') return false;
  const datasetType = member.datasetTypes.get(spec.datasetType);
  return (datasetType?.isCalibration ?? false) || repeatsApart(spec) || splitsDatasets(query.tree.predicate);
}

/** Whether the rows of one dataset may have other datasets' between them. */
export function repeatsApart(spec: ResultSpec): boolean {
  return isKeyedByUuid(spec) && spec.orderBy.some(isOfMembership);
}

/** The rows that are given, without those of the dataset just before; they have its key, so a page never begins with one. */
export async function* withoutRepeats<Row, P>(batches: AsyncIterable<Batch<Row, P>>): AsyncGenerator<Batch<Row, P>> {
  let last: string | undefined;
  for await (const batch of batches) {
    const kept: number[] = [];
    for (const [i, row] of batch.rows.entries()) {
      const { uuid } = row as DatasetRow;
      if (uuid !== last && !batch.dropped?.has(i)) kept.push(i);
      last = uuid;
    }
    const { keyAt, positionAt, collectionAt } = batch;
    yield {
      rows: kept.map((i) => batch.rows[i]!),
      keyAt: (i) => keyAt(kept[i]!),
      positionAt: (i) => positionAt(kept[i]!),
      collectionAt: collectionAt && ((i) => collectionAt(kept[i]!)),
    };
  }
}

/** Whether an expression depends on how a collection holds a dataset, and not on the dataset alone. */
function isOfMembership(expression: OrderExpression): boolean {
  switch (expression.type) {
    case 'dataset_field':
      return expression.field === 'timespan' || expression.field === 'collection';
    case 'unary':
    case 'reversed':
      return isOfMembership(expression.operand);
    case 'binary':
      return isOfMembership(expression.a) || isOfMembership(expression.b);
    default:
      return false;
  }
}

function splitsDatasets(predicate: Predicate): boolean {
  const any = (...expressions: readonly Expression[]) => expressions.some(isOfMembership);
  switch (predicate.type) {
    case 'and':
    case 'or':
      return predicate.operands.some(splitsDatasets);
    case 'not':
      return splitsDatasets(predicate.operand);
    case 'comparison':
      return any(predicate.a, predicate.b);
    case 'is_null':
    case 'boolean_wrapper':
      return any(predicate.operand);
    case 'in_container':
      return any(predicate.member, ...predicate.container);
    case 'in_range':
    case 'in_query':
      return any(predicate.member);
  }
}
