import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedBuild } from './cached-build.ts';
import { runPython } from './run-python.ts';
import { type PlatformIngress, type RemoteButler, startRemoteButler } from './remote-butler.ts';
import { type S3, startS3 } from './s3.ts';

const BUCKET = 'official';
const SCRIPT = 'stack/official_repository.py';

/** The files that decide what the official repository holds. */
export const OFFICIAL_INPUTS = [SCRIPT] as const;

/** The official side of the demo: a repository, its files in S3, and the stock server in front of it. */
export interface Official extends AsyncDisposable {
  /** Where a RemoteButler client finds it: `http://127.0.0.1:port/api/butler/repo/dp1` */
  readonly url: string;
  /** The repository itself, for whoever opens it with DirectButler (and with the environment of `s3`). */
  readonly root: string;
  readonly s3: S3;
  readonly server: RemoteButler;
  /** Ends the server if it has not ended, and starts it again at the same address. */
  restartServer(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Builds the official repository, or finds it built.
 * @returns a directory with `repository/` and `s3/` (for `startS3`); not to be changed.
 */
export async function buildOfficial(): Promise<string> {
  return cachedBuild('official', OFFICIAL_INPUTS, async (directory) => {
    await using s3 = await startS3(join(directory, 's3'), [BUCKET]);
    await runPython(SCRIPT, [join(directory, 'repository'), `s3://${BUCKET}/dp1`], s3.environment);
  });
}

/**
 * Starts the official side over a copy of its own, which replaces what was in the directory.
 * @param ingress with it, the server lets only users with a token in
 */
export async function startOfficial(directory: string, ingress?: PlatformIngress): Promise<Official> {
  const built = await buildOfficial();
  await rm(directory, { recursive: true, force: true });
  await cp(built, directory, { recursive: true });
  const root = join(directory, 'repository');
  const s3 = await startS3(join(directory, 's3'), [BUCKET]);
  const serve = (port?: number) =>
    startRemoteButler({
      repositories: { dp1: root },
      directory,
      environment: s3.environment,
      ...(ingress && { ingress }),
      ...(port !== undefined && { port }),
    });
  try {
    let server = await serve();
    const { url } = server;
    const stop = async (): Promise<void> => {
      await Promise.all([server.stop(), s3.stop()]);
    };
    return {
      url: `${url}/dp1`,
      root,
      s3,
      get server() {
        return server;
      },
      restartServer: async () => {
        await server.stop();
        server = await serve(Number(new URL(url).port));
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await s3.stop();
    throw error;
  }
}
