/** The stock Butler server over a copy of the conformance corpus's official repository. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RemoteRepository } from '../../../src/repository/remote/remote-repository.ts';
import type { RemoteLimits } from '../../../src/repository/remote/settings.ts';
import type { QueryContext } from '../../../src/repository/repository.ts';
import { startRemoteButler } from '../../../stack/remote-butler.ts';
import { corpusFile } from '../../conformance/corpus.ts';

export interface OfficialServer extends AsyncDisposable {
  readonly url: string;
  /** The repository's directory. */
  readonly root: string;
  open(limits?: Partial<RemoteLimits>): RemoteRepository;
}

/** @param prepare changes the repository before the server opens it */
export async function startOfficialServer(prepare?: (root: string) => Promise<unknown>): Promise<OfficialServer> {
  const directory = await mkdtemp(join(tmpdir(), 'satellite-remote-'));
  const root = join(directory, 'official');
  await cp(corpusFile('repos/official'), root, { recursive: true });
  await prepare?.(root);
  const server = await startRemoteButler({ repositories: { official: root }, directory });
  const url = `${server.url}/official`;
  const opened: RemoteRepository[] = [];
  return {
    url,
    root,
    open: (limits = {}) => {
      const repository = new RemoteRepository({ name: 'official', url, token: 'forward', limits });
      opened.push(repository);
      return repository;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((repository) => repository.close()));
      await server.stop();
      await rm(directory, { recursive: true });
    },
  };
}

export function asUser(username: string, signal: AbortSignal = new AbortController().signal): QueryContext {
  return { caller: { username, token: `gt-${username}` }, signal };
}
