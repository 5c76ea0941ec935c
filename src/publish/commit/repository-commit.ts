/** Brings publications into published repositories that the gateway writes, and takes them out again. */
import { SatelliteError } from '../../butler/errors.ts';
import { HeldError } from '../../jobs/job.ts';
import type { ArtifactStore } from '../../repository/direct/datastore/artifact-store.ts';
import { failpoint } from '../../repository/failpoints.ts';
import type { Caller, QueryContext } from '../../repository/repository.ts';
import type { PublishedRepository } from '../../repository/published-repository.ts';
import type { CommitWork, PublicationCommit, PublishedVersion } from '../commit.ts';
import type { Manifest } from '../manifest.ts';
import { contentOf } from './content.ts';
import type { PublishedRepositories } from './published-repositories.ts';
import { stageFiles, sweepStaged, sweepUntil, verifyFiles } from './staging.ts';

/** How long sweeping may take when the work that it ends is over its own time. */
const SWEEP_MILLISECONDS = 10 * 60_000;
const LOOK_MILLISECONDS = 60_000;

export class RepositoryCommit implements PublicationCommit {
  readonly isVisible: PublicationCommit['isVisible'];
  readonly #repositories: PublishedRepositories;

  /** @param isVisible whether everything that serves a repository serves a generation */
  constructor(
    repositories: PublishedRepositories,
    isVisible: (repository: string, generation: number) => Promise<boolean>,
  ) {
    this.#repositories = repositories;
    this.isVisible = isVisible;
  }

  async visibleSince({ publication, version, repository }: PublishedVersion): Promise<number | null> {
    const ctx = { caller: { username: 'publishing' }, signal: AbortSignal.timeout(LOOK_MILLISECONDS) };
    return (await this.#repositories.writeable(repository)).visibleSince(publication, version, ctx);
  }

  async commit(version: PublishedVersion, manifest: Manifest, work: CommitWork): Promise<number> {
    const { publication } = version;
    const repository = await this.#repositories.writeable(version.repository);
    const since = await repository.visibleSince(publication, version.version, work.ctx);
    if (since !== null) {
      await tidyVisible(repository, version, work);
      return since;
    }
    const setting = { version, manifest, repository, work };
    let generation: number;
    try {
      const isVerified = await stageFiles(setting);
      failpoint('publish:before-verifying');
      await work.enter('VERIFYING');
      if (!isVerified) await verifyFiles(setting);
      failpoint('publish:before-committing');
      await work.enter('COMMITTING');
      const content = await contentOf(version, manifest, repository, work.ctx);
      generation = await repository.publish(content, work.ctx);
    } catch (error) {
      // Where it only ends here, or waits for somebody to sign in, it goes on elsewhere or later with what is staged.
      if (!work.task.signal.aborted && !isWaiting(error)) await this.#sweep(repository, version, work.ctx.caller);
      throw error;
    }
    failpoint('publish:after-generation');
    await tidyVisible(repository, version, work);
    return generation;
  }

  async withdraw(version: PublishedVersion, _manifest: Manifest, { ctx }: Pick<CommitWork, 'ctx'>): Promise<number> {
    const { publication } = version;
    const repository = await this.#repositories.writeable(version.repository);
    const generation = await repository.withdraw(publication, version.version, ctx);
    failpoint('withdraw:after-generation');
    await tidy(repository, version, ctx);
    return generation;
  }

  async keepOut({ publication, version, repository }: PublishedVersion, signal: AbortSignal) {
    const ctx = { caller: { username: 'publishing' }, signal };
    return (await this.#repositories.writeable(repository)).keepOut(publication, version, ctx);
  }

  async sweep(version: PublishedVersion): Promise<void> {
    await this.#sweep(await this.#repositories.writeable(version.repository), version, { username: 'publishing' });
  }

  async artifacts(repository: string): Promise<ArtifactStore> {
    return (await this.#repositories.writeable(repository)).artifacts;
  }

  async #sweep(repository: PublishedRepository, version: PublishedVersion, caller: Caller): Promise<void> {
    await sweepStaged(repository, version, { caller, signal: AbortSignal.timeout(SWEEP_MILLISECONDS) });
  }
}

/** For what its job is HELD, however long; where that is given up, or fails with it, it is swept when it ends. */
function isWaiting(error: unknown): boolean {
  return error instanceof HeldError || (error instanceof SatelliteError && WAITED_FOR.has(error.code));
}

const WAITED_FOR: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'FORBIDDEN']);

/** Removes files that nothing names any more: of what was withdrawn, or replaced, or staged and not needed. */
async function tidy(repository: PublishedRepository, version: PublishedVersion, ctx: QueryContext): Promise<void> {
  await repository.emptyTrash(ctx);
  failpoint('publish:before-sweeping');
  await sweepUntil(repository, version, ctx);
}

/** What is visible does not fail for files that nobody sees: the next publication or withdrawal removes what is left of them. */
async function tidyVisible(
  repository: PublishedRepository,
  version: PublishedVersion,
  { task, ctx }: CommitWork,
): Promise<void> {
  try {
    await tidy(repository, version, ctx);
  } catch (error) {
    const why = error instanceof SatelliteError ? error.message : 'An internal error.';
    await task.log(`It is published. Files that are not needed any more could not be removed yet: ${why}`);
  }
}
