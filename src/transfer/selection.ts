/** The datasets that a transfer selects, in pages that a job can go on from. */
import { ButlerUserError } from '../butler/errors.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { DatasetRow } from '../repository/rows.ts';
import { searchDatasets } from '../repository/search/datasets.ts';
import type { SelectedDatasets } from './service.ts';

/** As many as one request for files to the official server may name. */
const PAGE_DATASETS = 10_000;

export interface SelectedRows {
  /** Each UUID once. */
  readonly rows: readonly DatasetRow[];
  /** Where the next page begins; null after the last one. */
  readonly next: string | null;
}

/**
 * One page of the selection.
 * @param place what `next` of the page before said; null for the first one
 * @throws SatelliteError what the search refuses; DATASET_NOT_FOUND naming a UUID that the source does not have
 */
export async function selectRows(
  source: Repository,
  selection: SelectedDatasets,
  place: string | null,
  ctx: QueryContext,
): Promise<SelectedRows> {
  if ('uuids' in selection) return rowsOfUuids(source, selection.uuids, Number(place ?? 0), ctx);
  const { search } = selection;
  const request = { ...search, first: PAGE_DATASETS, implied: false, ...(place !== null && { after: place }) };
  const page = await searchDatasets([source], request, ctx);
  const rows = [...new Map(page.rows.map((row) => [row.uuid, row])).values()];
  return { rows, next: page.hasNextPage ? page.cursorAt(page.rows.length - 1) : null };
}

async function rowsOfUuids(
  source: Repository,
  uuids: readonly string[],
  start: number,
  ctx: QueryContext,
): Promise<SelectedRows> {
  const end = start + PAGE_DATASETS;
  const asked = [...new Set(uuids.slice(start, end).map((uuid) => uuid.toLowerCase()))];
  const found = await source.datasets(asked, ctx);
  const rows = asked.map((uuid) => {
    const row = found.get(uuid);
    if (row) return row;
    throw new ButlerUserError(
      'DATASET_NOT_FOUND',
      `Dataset ${uuid} does not exist in '${source.name}', or is not shared with you.`,
    );
  });
  return { rows, next: end < uuids.length ? String(end) : null };
}
