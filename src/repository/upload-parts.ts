/** Queries that join more data IDs than can be sent, or looked at, at once. */
import type { DimensionGroup } from '../butler/dimension-group.ts';
import type { DataCoordinateUpload, Query } from '../butler/query/tree.ts';
import { dataIdKey } from './federated/identity.ts';

/**
 * The query in parts, each with at most `most` rows of every upload, whose answers together are the whole answer and have no
 * row in common, not even before duplicates are dropped or the first dataset of a data ID is chosen: what belongs to one
 * data ID of the result is in one part.
 * There are none where no data IDs are joined at all, and so no rows: stock servers fail at that.
 * @param result dimensions of the result's rows
 * @returns undefined where there are no such parts: too many uploaded data IDs belong to one of the result
 */
export function partsByUploads(query: Query, result: DimensionGroup, most: number): readonly Query[] | undefined {
  if (query.uploads.some(({ rows }) => rows.length === 0)) return [];
  let parts: readonly Query[] = [query];
  for (const large of query.uploads.filter(({ rows }) => rows.length > most)) {
    const pieces = piecesOf(large, result, most);
    if (!pieces) return undefined;
    parts = parts.flatMap((part) =>
      pieces.map((rows) => ({
        ...part,
        uploads: part.uploads.map((upload) => (upload.key === large.key ? { ...upload, rows } : upload)),
      })),
    );
  }
  return parts;
}

function piecesOf(
  { dimensions: { required }, rows }: DataCoordinateUpload,
  result: DimensionGroup,
  most: number,
): readonly DataCoordinateUpload['rows'][] | undefined {
  const shared = [...required.keys()].filter((i) => result.has(required[i]!));
  const pieces: (readonly (typeof rows)[number][])[] = [];
  let piece: (typeof rows)[number][] = [];
  for (const group of Map.groupBy(rows, (row) => dataIdKey(shared.map((i) => row[i]!))).values()) {
    if (group.length > most) return undefined;
    if (piece.length + group.length > most) {
      pieces.push(piece);
      piece = [];
    }
    for (const row of group) piece.push(row);
  }
  pieces.push(piece);
  return pieces;
}
