/** Dimension records that a new satellite brings along from its official repository: whole instruments and sky maps. */
import { SatelliteError } from '../butler/errors.ts';
import { buildQuery } from '../butler/query/build.ts';
import type { DimensionRecordSpec } from '../butler/query/result-spec.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { DimensionRecordRow } from '../repository/rows.ts';
import type { WriteableRepository } from '../repository/writeable-repository.ts';

/** Governor dimension → what belongs to each of its values whatever is observed, in the order of their references. */
const BROUGHT = {
  instrument: ['instrument', 'physical_filter', 'detector', 'visit_system'],
  skymap: ['skymap', 'tract', 'patch'],
} as const;

export type Governor = keyof typeof BROUGHT;

const RECORDS_PER_TRANSACTION = 5000;

/** @throws SatelliteError BAD_USER_INPUT naming those that the repository does not have, and those that it has */
export async function checkExist(
  official: Repository,
  governor: Governor,
  names: readonly string[],
  ctx: QueryContext,
): Promise<void> {
  if (names.length === 0) return;
  const known: string[] = [];
  for await (const rows of recordsOf(official, governor, undefined, ctx)) {
    known.push(...rows.map(({ fields }) => String(fields['name'])));
  }
  const missing = names.filter((name) => !known.includes(name));
  if (missing.length === 0) return;
  const list = (values: readonly string[]) => values.map((value) => `'${value}'`).join(', ');
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `Repository '${official.name}' has no ${governor} ${list(missing)}. It has: ${list(known) || 'none'}.`,
  );
}

/**
 * Brings the records of one instrument or sky map with all that belongs to it; those that are there are left as they are.
 * @param brought told after each transaction
 */
export async function bringRecords(
  official: Repository,
  satellite: WriteableRepository,
  value: { readonly governor: Governor; readonly name: string },
  ctx: QueryContext,
  brought: (records: number) => Promise<void>,
): Promise<void> {
  const universe = await official.universe(ctx);
  for (const element of BROUGHT[value.governor]) {
    if (!universe.find(element)?.hasTable) continue;
    let waiting: DimensionRecordRow[] = [];
    const insert = async () => {
      await satellite.insertDimensionRecords(waiting, 'SKIP', ctx);
      await brought(waiting.length);
      waiting = [];
    };
    for await (const rows of recordsOf(official, element, { [value.governor]: value.name }, ctx)) {
      waiting.push(...rows);
      if (waiting.length >= RECORDS_PER_TRANSACTION) await insert();
    }
    if (waiting.length > 0) await insert();
  }
}

async function* recordsOf(
  repository: Repository,
  element: string,
  dataId: Readonly<Record<string, string>> | undefined,
  ctx: QueryContext,
): AsyncGenerator<readonly DimensionRecordRow[]> {
  const { query, spec } = buildQuery(await repository.universe(ctx), {
    result: { type: 'dimension_record', element },
    ...(dataId && { dataId }),
  });
  for await (const { rows } of repository.query(query, spec as DimensionRecordSpec, ctx)) yield rows;
}
