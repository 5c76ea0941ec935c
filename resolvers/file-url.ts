import type { DatasetRow, FileRecord } from '../src/repository/rows.ts';

/** The permanent address of a file (design section 5); the file name is for clients and does not select. */
export function fileUrl(
  publicUrl: string,
  { repository, uuid }: DatasetRow,
  { fileName, component }: FileRecord,
): string {
  const query = component === null ? '' : `?component=${encodeURIComponent(component)}`;
  return `${publicUrl}/files/${encodeURIComponent(repository)}/${uuid}/${encodeURIComponent(fileName)}${query}`;
}
