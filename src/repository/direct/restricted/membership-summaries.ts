/** What TAGGED and CALIBRATION collections hold of somebody's datasets: their own summaries tell of others' too. */
import sql, { join, type Sql } from 'sql-template-tag';
import { column, dialectOf } from '../compile/dialect.ts';
import type { Database } from '../database.ts';
import type { CollectionRecord, CollectionSummary, RegisteredDatasetType } from '../registry.ts';

/** Terms of one statement; SQLite takes 500. */
const TERMS = 200;

/** One thing that a summary may say. */
interface Claim {
  readonly collection: CollectionRecord;
  readonly datasetType: RegisteredDatasetType;
  readonly governor?: { readonly name: string; readonly value: string };
}

/**
 * Of what the collections' own summaries say, that which is true of the datasets that `database` shows: one look-up in an
 * index for each dataset type and governor's value.
 * @param types dataset types that may be there, by id
 */
export async function summariesOfMemberships(
  database: Database,
  own: ReadonlyMap<number, CollectionSummary>,
  types: ReadonlyMap<number, RegisteredDatasetType>,
  collections: readonly CollectionRecord[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, CollectionSummary>> {
  const claims = collections.flatMap((collection) => claimsOf(collection, own.get(collection.id), types));
  const summaries = new Map(
    collections.map(({ id }) => [id, { datasetTypes: new Set<number>(), governors: new Map<string, Set<string>>() }]),
  );
  for (let begin = 0; begin < claims.length; begin += TERMS) {
    const terms = claims.slice(begin, begin + TERMS).map((claim, i) => claimTerm(database, claim, begin + i));
    for (const [number] of await database.all(join(terms, ' UNION ALL '), signal)) {
      const { collection, datasetType, governor } = claims[Number(number)]!;
      const summary = summaries.get(collection.id)!;
      summary.datasetTypes.add(datasetType.id);
      if (!governor) continue;
      const values = summary.governors.get(governor.name);
      if (values) values.add(governor.value);
      else summary.governors.set(governor.name, new Set([governor.value]));
    }
  }
  return summaries;
}

function claimsOf(
  collection: CollectionRecord,
  own: CollectionSummary | undefined,
  types: ReadonlyMap<number, RegisteredDatasetType>,
): readonly Claim[] {
  const present = [...(own?.datasetTypes ?? [])].flatMap((id) => types.get(id) ?? []);
  return present
    .filter(({ calibsTable }) => collection.type === 'TAGGED' || calibsTable !== null)
    .flatMap((datasetType): Claim[] => [
      { collection, datasetType },
      ...datasetType.dimensions.governors.flatMap((name) =>
        [...(own!.governors.get(name) ?? [])].map((value) => ({ collection, datasetType, governor: { name, value } })),
      ),
    ]);
}

/** SELECT of the number, or of nothing. */
function claimTerm(database: Database, { collection, datasetType, governor }: Claim, number: number): Sql {
  const dialect = dialectOf(database.dialect);
  const table = collection.type === 'TAGGED' ? datasetType.tagsTable : datasetType.calibsTable!;
  return sql`SELECT ${dialect.literal('int', number)} WHERE EXISTS (
    SELECT 1 FROM ${database.table(table)} AS "m"
    WHERE ${column('m', 'dataset_type_id')} = ${dialect.literal('int', datasetType.id)}
      AND ${column('m', 'collection_id')} = ${dialect.literal('int', collection.id)}
      ${governor ? sql`AND ${column('m', governor.name)} = ${dialect.literal('string', governor.value)}` : sql``}
  )`;
}
