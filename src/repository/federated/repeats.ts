/** Datasets that stock Butler's searches give more than once. */
import type { OrderExpression } from '../../butler/query/expression.ts';
import type { ResultSpec } from '../../butler/query/result-spec.ts';
import type { Query } from '../../butler/query/tree.ts';
import type { QueryContext } from '../repository.ts';
import type { DatasetRow } from '../rows.ts';
import type { Batch } from './ordered-merge.ts';
import type { Part } from './part.ts';
import { isKeyedByUuid } from './probe.ts';

/**
 * Whether a dataset may come once for each collection and validity range that the search finds it in; one without
 * dimensions comes once for each combination of those that the query has besides.
 */
export function mayRepeat({ query, spec }: Part<ResultSpec>): boolean {
  return isKeyedByUuid(spec) || isKeyless(query, spec);
}

/** As `mayRepeat`, after a look at the collections: runs alone have each dataset once. */
export async function canRepeat({ member, query, spec }: Part<ResultSpec>, ctx: QueryContext): Promise<boolean> {
  if (isKeyless(query, spec)) return true;
  if (!isKeyedByUuid(spec)) return false;
  const search = [...query.tree.datasets.values()].flatMap(({ collections }) => collections);
  const searched = await member.repository.collections({ search, flattenChains: true }, ctx);
  return searched.some(({ type }) => type !== 'RUN');
}

function isKeyless({ tree }: Query, spec: ResultSpec): boolean {
  return spec.type === 'dataset_ref' && spec.dimensions.required.length === 0 && tree.dimensions.required.length > 0;
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
