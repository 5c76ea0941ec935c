import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RepositoryUnavailableError } from '../../../butler/errors.ts';
import { isUri } from './artifact-path.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { FileArtifactStore, type FileOwnership } from './file-store.ts';
import type { S3Access } from './s3-client.ts';

export interface ArtifactStoreOptions {
  /** For roots in S3; what is absent comes from the environment. */
  readonly s3?: S3Access | undefined;
  /** For roots in files. */
  readonly ownership?: FileOwnership | undefined;
  /** The path of a root in files is a real one, in which its users may put no link. @default false */
  readonly exactRoot?: boolean | undefined;
}

/**
 * The store at a root: a path, or a `file:` or `s3:` address.  Nothing is asked of it yet.
 * @param repository the repository's name, for errors
 * @throws RepositoryUnavailableError where the root is of another kind
 */
export async function openArtifactStore(
  repository: string,
  root: string,
  options: ArtifactStoreOptions = {},
): Promise<ArtifactStore> {
  if (root.startsWith('s3://')) {
    // The SDK takes 20 MB, which gateways without such a store spare.
    const { S3ArtifactStore } = await import('./s3-store.ts');
    return new S3ArtifactStore(repository, root, options.s3);
  }
  if (!isUri(root)) return new FileArtifactStore(repository, resolve(root), options.ownership, options.exactRoot);
  if (root.startsWith('file:')) {
    return new FileArtifactStore(repository, fileURLToPath(root), options.ownership, options.exactRoot);
  }
  throw new RepositoryUnavailableError(
    repository,
    `Repository '${repository}' cannot be opened: its files are in a '${root.slice(0, root.indexOf(':'))}' store; ` +
      'supported: files, s3.',
  );
}
