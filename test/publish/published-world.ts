/** A published repository that stock Python made, a source to publish from, and the work of a job that does it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, JobProgress } from '../../src/jobs/job.ts';
import type { CommitWork, PublishedVersion } from '../../src/publish/commit.ts';
import { PublishedRepositories } from '../../src/publish/commit/published-repositories.ts';
import { RepositoryCommit } from '../../src/publish/commit/repository-commit.ts';
import type { Manifest } from '../../src/publish/manifest.ts';
import type { S3Access } from '../../src/repository/direct/datastore/s3-client.ts';
import type { QueryContext, Repository } from '../../src/repository/repository.ts';
import { runPython } from '../../stack/run-python.ts';
import { foundSource, openedSource } from './manifest-of.ts';

export const PUBLICATION = '0d4bd8d3-6d1e-4f5f-9f0e-9a0f6a8a3c11';
const ORACLE = 'test/oracle/published_content.py';

/** What stock Butler finds; see the oracle. */
export interface Content {
  readonly collections: Readonly<Record<string, readonly [type: string, doc: string, children: readonly string[]]>>;
  readonly datasets: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly run: string;
        readonly dataId: Readonly<Record<string, string>>;
        readonly bytes: Readonly<Record<string, string>>;
      }
    >
  >;
  readonly found: readonly string[];
  readonly memberships: readonly (readonly [string, string, string | null, string | null])[];
  readonly missing?: string;
}

export interface PublishedWorldOptions {
  /** In the repository's configuration; keys are joined by dots. */
  readonly config?: Readonly<Record<string, string | boolean>>;
  /** For stock Python, and for what the gateway opens it with. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class PublishedWorld implements AsyncDisposable {
  readonly root: string;
  readonly commit: RepositoryCommit;
  readonly repositories: PublishedRepositories;
  readonly entered: string[] = [];
  readonly progress: JobProgress[] = [];
  /** Holds the repository. */
  readonly directory: string;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(directory: string, environment: Readonly<Record<string, string>>) {
    this.directory = directory;
    this.#environment = environment;
    this.root = join(directory, 'published');
    this.repositories = new PublishedRepositories([{ name: 'published', path: this.root, s3: s3Access(environment) }]);
    this.commit = new RepositoryCommit(this.repositories, () => Promise.resolve(true));
  }

  static async make({ config = {}, environment = {} }: PublishedWorldOptions = {}): Promise<PublishedWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'published-'));
    const world = new PublishedWorld(directory, environment);
    await runPython(ORACLE, ['make', world.root, JSON.stringify(config)], environment);
    return world;
  }

  /** Over the repository of another world, in a directory that goes with this one. */
  static in(directory: string): PublishedWorld {
    return new PublishedWorld(directory, {});
  }

  /** What a job does once. */
  publish(
    manifest: Manifest,
    source: Repository,
    { version = 1, publication = PUBLICATION, ...more }: Partial<CommitWork> & Published = {},
  ): Promise<number> {
    return this.commit.commit(versionOf({ version, publication }), manifest, { ...this.work(source), ...more });
  }

  withdraw(manifest: Manifest, { version = 1, publication = PUBLICATION }: Published = {}): Promise<number> {
    return this.commit.withdraw(versionOf({ version, publication }), manifest, { ctx: contextOf() });
  }

  work(source: Repository): CommitWork {
    const ctx = contextOf();
    return {
      ctx,
      task: {
        jobId: 'job',
        owner: 'alice',
        attempt: 1,
        signal: ctx.signal,
        step: async <T extends Json>(_name: string, work: () => Promise<T>): Promise<T> => work(),
        progress: (progress) => Promise.resolve(void this.progress.push(progress)),
        log: () => Promise.resolve(),
      },
      enter: (stage) => Promise.resolve(void this.entered.push(stage)),
      find: (dataset, file, asked) => foundSource(source, dataset.uuid, file.component, asked),
      read: openedSource,
      storeObjects: (datasets, asked) =>
        source.storeObjects(
          datasets.map(({ uuid }) => uuid),
          asked,
        ),
      replaced: null,
    };
  }

  /** What stock Butler finds of collections in the repository, or in another one. */
  content(names: readonly string[], repository = this.root): Promise<Content> {
    return contentOf(names, repository, this.#environment);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.repositories.close();
    await rm(this.directory, { recursive: true });
  }
}

export interface Published {
  readonly version?: number;
  readonly publication?: string;
}

export async function contentOf(
  names: readonly string[],
  repository: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Content> {
  return JSON.parse(await runPython(ORACLE, ['content', repository, ...names], environment)) as Content;
}

/** How the gateway reaches the S3 server of an environment. */
export function s3Access(environment: Readonly<Record<string, string>>): S3Access | undefined {
  const endpoint = environment['S3_ENDPOINT_URL'];
  if (endpoint === undefined) return undefined;
  const [accessKeyId, secretAccessKey] = [environment['AWS_ACCESS_KEY_ID']!, environment['AWS_SECRET_ACCESS_KEY']!];
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } };
}

export function contextOf(): QueryContext {
  return { caller: { username: 'alice' }, signal: AbortSignal.timeout(600_000) };
}

function versionOf({ version, publication }: Required<Published>): PublishedVersion {
  return { publication, version, repository: 'published' };
}
