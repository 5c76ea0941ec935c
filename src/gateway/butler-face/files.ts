/** Files of datasets, as RemoteButler clients ask for them. */
import type { WantedFile } from '../../access/file-resolution.ts';
import { fileUrl, permanentAddress } from '../../access/permanent-address.ts';
import { ButlerUserError } from '../../butler/errors.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { DatasetRow, FileRecord } from '../../repository/rows.ts';
import { PathError } from './failures.ts';
import { datasetText, datasetTypeText } from './wire-rows.ts';

/** What addresses of this gateway are made of. */
export interface Addresses {
  readonly publicUrl: string;
  /** The caller's capability for a dataset, which ends by itself; undefined where the gateway has no key. */
  readonly mintReading: (dataset: Pick<DatasetRow, 'repository' | 'uuid'>) => string | undefined;
}

/** How a client gets at the bytes. */
interface FileAddress {
  readonly url: string;
  /** `gafaelfawr`: the client sends its token along. */
  readonly auth: 'none' | 'gafaelfawr';
}

/**
 * `get_file`: a dataset and where its files are now: at addresses that the repository's own server signed, or at
 * ones of this gateway that are good for as long.
 * @throws ButlerUserError DATASET_NOT_FOUND
 */
export async function fileAnswer(
  repository: Repository,
  uuid: string,
  addresses: Addresses,
  ctx: QueryContext,
): Promise<string> {
  const row = (await repository.datasets([uuid], ctx)).get(uuid);
  if (!row) throw new ButlerUserError('DATASET_NOT_FOUND', `Dataset ID ${uuid} not found`);
  return datasetFilesText(repository, row, addresses, ctx);
}

/** The same for a dataset that was found. */
export async function datasetFilesText(
  repository: Repository,
  row: DatasetRow,
  addresses: Addresses,
  ctx: QueryContext,
): Promise<string> {
  const files = (await repository.files([row.uuid], ctx)).get(row.uuid);
  const infos = await Promise.all(
    (files ?? []).map(async (file) => ({
      url: await addressOf(repository, row, file, addresses, ctx),
      datastoreRecords: recordOf(file),
    })),
  );
  const fileInfo = infos.map(({ url: { url, auth }, datastoreRecords }) => ({ url, datastoreRecords, auth }));
  const artifact = files ? { datastore_type: 'file', file_info: fileInfo } : null;
  const dataset = datasetText(row, datasetTypeText(row.datasetType), null);
  return `{"dataset_ref":${dataset},"artifact":${JSON.stringify(artifact)}}`;
}

async function addressOf(
  repository: Repository,
  row: DatasetRow,
  file: FileRecord,
  { publicUrl, mintReading }: Addresses,
  ctx: QueryContext,
): Promise<FileAddress> {
  const source = await repository.fileSource(row.uuid, file.component, ctx);
  const from = placeOf(row, file);
  if (source?.kind === 'url' && !source.url.includes('#')) return { url: source.url, auth: 'none' };
  // Stock clients send no token where they look whether a file is there, or copy it.
  const capability = source && source.kind !== 'reference' && source.kind !== 'url' ? mintReading(from) : undefined;
  if (capability === undefined) return { url: fileUrl(publicUrl, from, file), auth: 'gafaelfawr' };
  const { fileName, component } = file;
  return { url: permanentAddress(publicUrl, { ...from, component, fileName, capability }), auth: 'none' };
}

/** A dataset as the repository has it that has its file: what a satellite refers to need not have one there. */
function placeOf({ repository, uuid }: DatasetRow, file: FileRecord): Pick<DatasetRow, 'repository' | 'uuid'> {
  return { repository: file.repository ?? repository, uuid };
}

/** `file_transfer`: permanent addresses, which outlast a long transfer. */
export async function fileTransferAnswer(
  repository: Repository,
  uuids: readonly string[],
  publicUrl: string,
  ctx: QueryContext,
): Promise<string> {
  const [files, rows] = await Promise.all([repository.files(uuids, ctx), repository.datasets(uuids, ctx)]);
  const found = [...files].flatMap(([uuid, of]) => {
    const row = rows.get(uuid);
    if (!row) return [];
    const records = of.map((file) => ({
      url: fileUrl(publicUrl, placeOf(row, file), file),
      auth: 'gafaelfawr',
      file_info: recordOf(file),
    }));
    return [[uuid, records] as const];
  });
  return JSON.stringify({ files: Object.fromEntries(found) as object });
}

/**
 * A dataset's only file, or that of a component.
 * @param called the repository's name in the request
 * @throws PathError in the real server's words
 */
export async function downloadedFile(
  repository: Repository,
  called: string,
  uuid: string,
  component: string | null,
  ctx: QueryContext,
): Promise<WantedFile> {
  const row = (await repository.datasets([uuid], ctx)).get(uuid);
  if (!row) throw new PathError(404, `Dataset id '${uuid}' not found in repository '${called}'`);
  const files = (await repository.files([uuid], ctx)).get(uuid) ?? [];
  if (files.length === 0) {
    throw new PathError(404, `No files are available for dataset id '${uuid}' in repository '${called}'`);
  }
  const file = files.find((candidate) => candidate.component === component);
  if (file) return { ...placeOf(row, file), component, fileName: file.fileName };
  const components = `[${files.map((f) => (f.component === null ? 'None' : `'${f.component}'`)).join(', ')}]`;
  throw component === null
    ? new PathError(
        422,
        `Dataset '${uuid}' in repository '${called}' consists of multiple files.  Specify the 'component' query ` +
          `parameter to select one of the following: ${components}`,
      )
    : new PathError(
        404,
        `Component '${component}' for dataset '${uuid}' in repository '${called}' not found.  Available components: ` +
          components,
      );
}

/** A file's record with a path that says nothing of where the store is. */
function recordOf({ formatter, path, fileName, storageClass, component, checksum, size }: FileRecord): object {
  const isRelative = !/^[a-z][a-z0-9+.-]*:|^\//i.test(path);
  return {
    formatter,
    path: isRelative ? path : fileName,
    storage_class: storageClass,
    component,
    checksum,
    file_size: size ?? -1,
  };
}
