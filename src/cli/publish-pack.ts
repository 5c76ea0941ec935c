/** The verb `publish pack`: a satellite that no gateway reaches, as a zip that one takes. */
import { openAsBlob } from 'node:fs';
import { Command } from 'commander';
import { contentOf } from './ingest.ts';
import { printable } from './terminal.ts';
import { connect, type ConnectionOptions } from './verb.ts';

interface PackOptions {
  readonly out: string;
  readonly official: readonly string[];
  readonly fileRoot: readonly string[];
  readonly json?: boolean;
}

const collect = (value: string, before: readonly string[]) => [...before, value];

export function packVerb(): Command {
  return new Command('pack')
    .description(
      'Make a zip of collections of a repository that is here, to be submitted with `publish submit --pack`.',
    )
    .argument('<repository>', 'its directory, or its butler.yaml')
    .argument('<collections...>', 'collections, chains with all that is below them')
    .requiredOption('--out <zip>', 'where the zip is to be')
    .option(
      '--official <name or glob>',
      'collections whose content is official data and stays where it is; can be repeated',
      collect,
      [],
    )
    .option(
      '--file-root <directory>',
      'a directory outside of the repository, whose files it may have datasets in; can be repeated',
      collect,
      [],
    )
    .option('--json', 'print the answer as JSON')
    .action(pack);
}

async function pack(path: string, collections: readonly string[], options: PackOptions): Promise<void> {
  const { out, official, fileRoot: fileRoots, json } = options;
  const { writePack } = await import('../publish/packs/write-pack.ts');
  const { datasets, bytes, registeredOnly, officialDatasets } = await writePack(
    { path, collections, official, fileRoots, out },
    new AbortController().signal,
  );
  const answer = { out, datasets, bytes, registeredOnly, officialDatasets };
  const files = registeredOnly === 0 ? '' : `, ${registeredOnly} of them without files`;
  const left = officialDatasets === 0 ? '' : ` ${officialDatasets} official datasets stay where they are.`;
  const text = `${out}: ${datasets} datasets${files}, ${bytes} bytes of files.${left}`;
  console.log(printable(json ? JSON.stringify(answer, undefined, 2) : text));
}

/** Uploads a zip. @returns identifier of the upload, for `submitPublication`. @throws CommandError */
export async function uploadPack(
  zip: string,
  repository: string | undefined,
  options: ConnectionOptions,
): Promise<string> {
  const client = connect(options);
  const { size, sha256 } = await contentOf(zip);
  const query = `mutation ($input: UploadPublicationInput!) {uploadPublication(input: $input) {upload {id url headers}}}`;
  const { uploadPublication } = await client.ask<{
    uploadPublication: {
      readonly upload: {
        readonly id: string;
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
      };
    };
  }>(query, { input: { repository, size, sha256 } });
  const { id, url, headers } = uploadPublication.upload;
  await client.put(url, headers, await openAsBlob(zip));
  return id;
}
