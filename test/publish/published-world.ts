/** A published repository that stock Python made, a source to publish from, and the work of a job that does it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, JobProgress } from '../../src/jobs/job.ts';
import type { CommitWork } from '../../src/publish/commit.ts';
import { PublishedRepositories } from '../../src/publish/commit/published-repositories.ts';
import { RepositoryCommit } from '../../src/publish/commit/repository-commit.ts';
import type { Manifest } from '../../src/publish/manifest.ts';
import type { PublicationVersion } from '../../src/publish/publication.ts';
import type { QueryContext, Repository } from '../../src/repository/repository.ts';
import { runPython } from '../../stack/run-python.ts';
import { openSource } from './manifest-of.ts';

export const PUBLICATION = '0d4bd8d3-6d1e-4f5f-9f0e-9a0f6a8a3c11';
const ORACLE = 'test/oracle/published_content.py';

/** What stock Butler finds; see the oracle. */
export interface Content {
  readonly collections: Readonly<Record<string, readonly [type: string, doc: string, children: readonly string[]]>>;
  readonly datasets: Readonly<Record<string, { readonly bytes: Readonly<Record<string, string>> }>>;
  readonly found: readonly string[];
  readonly memberships: readonly (readonly [string, string, string | null, string | null])[];
  readonly missing?: string;
}

export interface PublishedWorldOptions {
  /** In the repository's configuration; keys are joined by dots. */
  readonly config?: Readonly<Record<string, string>>;
  /** For stock Python, and for what the gateway opens it with. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class PublishedWorld implements AsyncDisposable {
  readonly root: string;
  readonly commit: RepositoryCommit;
  readonly repositories: PublishedRepositories;
  readonly entered: string[] = [];
  readonly progress: JobProgress[] = [];
  readonly #directory: string;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(directory: string, environment: Readonly<Record<string, string>>) {
    this.#directory = directory;
    this.#environment = environment;
    this.root = join(directory, 'published');
    this.repositories = new PublishedRepositories([{ name: 'published', path: this.root }]);
    this.commit = new RepositoryCommit(this.repositories);
  }

  static async make({ config = {}, environment = {} }: PublishedWorldOptions = {}): Promise<PublishedWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'published-'));
    const world = new PublishedWorld(directory, environment);
    await runPython(ORACLE, ['make', world.root, JSON.stringify(config)], environment);
    return world;
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
      open: (dataset, file, asked) => openSource(source, dataset.uuid, file.component, asked),
      replaced: null,
    };
  }

  /** What stock Butler finds of collections in the repository, or in another one. */
  content(names: readonly string[], repository = this.root): Promise<Content> {
    return contentOf(names, repository, this.#environment);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.repositories.close();
    await rm(this.#directory, { recursive: true });
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

export function contextOf(): QueryContext {
  return { caller: { username: 'alice' }, signal: AbortSignal.timeout(600_000) };
}

export function versionOf({ version, publication }: Required<Published>): PublicationVersion {
  return {
    publication,
    version,
    state: 'STAGING',
    revision: 1,
    repository: 'published',
    owner: 'alice',
    group: null,
    groupId: null,
    submittedBy: 'alice',
    source: { repository: 'alice~mine', satelliteId: 'mine', collections: [], search: null },
    title: 'Detectors with a better model of the PSF',
    description: null,
    licence: null,
    readers: { allUsers: true, groups: [], users: [] },
    digest: 'digest',
    checks: [],
    datasets: 0,
    bytes: 0,
    reason: null,
    claimedBy: null,
    claimedUntil: null,
    approvedBy: 'carol',
    approvedDigest: 'digest',
    restartConfirmed: false,
    generation: null,
    job: 'job',
    createdAt: 0,
    submittedAt: 0,
    changedAt: 0,
  };
}
