/** The verb `ingest`: files become datasets, from the satellite's root or uploaded from here. */
import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { CommandError, EXIT } from './exit.ts';
import { change, changingVerb, connect, json, type ChangeOptions } from './verb.ts';

/** An entry of the manifest: `file` is on this machine and is uploaded, `path` is in the satellite's root. */
interface Entry {
  readonly dataId: unknown;
  readonly file?: string;
  readonly path?: string;
  readonly formatter?: string;
  readonly uuid?: string;
}

interface IngestOptions extends ChangeOptions {
  readonly type: string;
  readonly run: string;
  readonly file?: string;
  readonly path?: string;
  readonly dataId?: unknown;
  readonly manifest?: string;
}

interface Upload {
  readonly id: string;
  readonly files: readonly { readonly url: string; readonly headers: Readonly<Record<string, string>> }[];
}

export function ingestVerb(): Command {
  return changingVerb('ingest', 'Make datasets of files: uploaded from here, or in the satellite already.')
    .argument('<satellite>', 'its name')
    .requiredOption('--type <name>', 'their dataset type, which is registered')
    .requiredOption('--run <name>', 'the RUN collection that they come into')
    .option('--file <file>', 'one file of this machine, to be uploaded')
    .option('--path <path>', 'or one that is in the satellite’s root, relative to it')
    .option('--data-id <json>', 'its data ID', json('--data-id'))
    .option('--manifest <file>', 'or many: JSON [{"dataId": {…}, "file" or "path": …, "uuid": …, "formatter": …}, …]')
    .action(ingest);
}

async function ingest(satellite: string, options: IngestOptions): Promise<void> {
  const entries = await entriesOf(options);
  const files = await Promise.all(entries.map(toInput));
  const say = () => `${entries.length} files were ingested into '${options.run}'.`;
  const first = { satellite, datasetType: options.type, run: options.run, files };
  if (entries.every(({ file }) => file === undefined)) {
    return change({ mutation: 'ingestDatasets', input: first, say }, options);
  }
  const client = connect(options);
  const query = `mutation ($input: IngestDatasetsInput!) {ingestDatasets(input: $input) {job {state} upload {id files {url headers}}}}`;
  const { ingestDatasets } = await client.ask<{
    ingestDatasets: { readonly job: { readonly state: string } | null; readonly upload: Upload };
  }>(query, {
    // With the key it is the same upload again, whose commit is done once as it is.
    input: { ...first, ...(options.key !== undefined && { idempotencyKey: options.key }) },
  });
  // The call before may have committed it: its addresses take nothing any more, and need not.
  const isTaken = ingestDatasets.job !== null && !/FAILED|CANCELLED/.test(ingestDatasets.job.state);
  const local = entries.flatMap(({ file }) => file ?? []);
  for (const [i, { url, headers }] of isTaken ? [] : ingestDatasets.upload.files.entries()) {
    await client.put(url, headers, await openAsBlob(local[i]!));
  }
  const { key: _key, ...unkeyed } = options;
  return change({ mutation: 'ingestDatasets', input: { satellite, commit: ingestDatasets.upload.id }, say }, unkeyed);
}

async function entriesOf({ manifest, file, path, dataId }: IngestOptions): Promise<readonly Entry[]> {
  if (manifest !== undefined) {
    const entries = json('--manifest')(await readable(manifest, () => readFile(manifest, 'utf8')));
    if (Array.isArray(entries) && entries.every((entry) => entry !== null && typeof entry === 'object')) {
      return entries as Entry[];
    }
    throw new CommandError(`${manifest} must be a JSON array of objects: [{"dataId": {…}, "file": …}, …].`, EXIT.usage);
  }
  if ((file === undefined) === (path === undefined) || dataId === undefined) {
    throw new CommandError('Say which: --data-id with --file or --path, or --manifest.', EXIT.usage);
  }
  return [{ dataId, ...(file === undefined ? {} : { file }), ...(path === undefined ? {} : { path }) }];
}

async function toInput({ file, ...entry }: Entry) {
  if (file === undefined) return entry;
  return { ...entry, upload: { fileName: basename(file), ...(await contentOf(file)) } };
}

/** Size and SHA-256 of a file of this machine. @throws CommandError where it cannot be read */
export async function contentOf(file: string): Promise<{ readonly size: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  const { size } = await readable(file, () => stat(file));
  await readable(file, () => pipeline(createReadStream(file), hash));
  return { size, sha256: hash.digest('hex') };
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${String((error as NodeJS.ErrnoException).code)}).`, EXIT.usage);
  }
}
