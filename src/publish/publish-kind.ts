/** The jobs that bring an approved version into the published repository, and take one out of it. */
import { SatelliteError } from '../butler/errors.ts';
import type { JobKind, Task } from '../jobs/job.ts';
import type { VisibleRepositories } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { failpoint } from '../repository/failpoints.ts';
import { withRoomyHeap } from '../repository/heap-growth.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { CommitWork, PublicationCommit } from './commit.ts';
import type { PublicationVersion } from './publication.ts';
import type { ReaderGrants } from './reader-grants.ts';
import { SourceChangedError } from './source-contents.ts';
import { REREAD_BYTES, termsOf } from './sources.ts';
import {
  existing,
  knownSubmitter,
  moved,
  notKnown,
  publishedBefore,
  type PublicationParts,
  type VersionInput,
} from './submit-kind.ts';
import { failed } from './transitions.ts';
import { untilVisible } from './until-visible.ts';

const LOOK_MILLISECONDS = 60_000;

export interface PublishParts extends PublicationParts {
  readonly commit: PublicationCommit;
  readonly grants: ReaderGrants;
  readonly repositoriesOf: (who: Identity) => Promise<VisibleRepositories>;
}

type PublishResult = { readonly generation: number };

export function publishKind(parts: PublishParts): JobKind<VersionInput, PublishResult> {
  const { records, store, commit, grants, sources } = parts;
  return {
    name: 'approvePublication',
    lane: () => 'bulk',
    run: async (input, task) => {
      const found = await existing(records, input);
      // It may wait for who submitted it, and is not wanted any more.
      if (OVER.has(found.state)) throw notGoingOn(found.state);
      const since = await visibleSince(parts, found);
      if (since !== null) {
        await sweepLeft(parts, found);
        const reason = await task.step('readers', () => letReadersIn(parts, found));
        await untilVisible(commit, found.repository, since, task);
        await finish(parts, found, since, reason);
        return { generation: since };
      }
      const ctx = await contextOf(parts, found, task).catch(async (error: unknown) => {
        // While it waits for who submitted it, the version before stays, and so do its readers.
        await restoreReaders(parts, found);
        throw error;
      });
      const begun = await begin(parts, input);
      failpoint('publication:before-staging');
      await checkFrozen(parts, begun, task.signal);
      const manifest = store.read(begun, task.signal);
      const before = await publishedBefore(records, input);
      const visible = await parts.repositoriesOf(ctx.who);
      const work: CommitWork = {
        task,
        ctx,
        enter: async (stage) => {
          const from = stage === 'VERIFYING' ? 'STAGING' : 'VERIFYING';
          const now = await existing(records, input);
          // In each attempt, as long as nothing of it is visible; for who submitted it as they are now, after hours maybe.
          const isNext = now.state === from || now.state === 'COMMITTING';
          if (isNext && stage === 'COMMITTING') await compare(parts, now, await contextOf(parts, now, task), 0);
          const after = await moved(parts, input, ({ state }) => (state === from ? { state: stage } : null));
          const { state } = after ?? (await existing(records, input));
          if (state !== stage && state !== 'COMMITTING') throw notGoingOn(state);
          if (stage !== 'COMMITTING') return;
          // From the moment that it is there, nobody reads it whom only the version before let in.
          const collections = await manifest.collections();
          failpoint('publication:before-narrowing');
          await grants.narrow(begun, collections);
          failpoint('publication:after-narrowing');
        },
        read: (source, fileCtx) => sources.read(source, fileCtx),
        storeObjects: (datasets, pageCtx) => sources.storeObjects(begun, datasets, visible, pageCtx),
        find: ({ uuid }, file, fileCtx) => sources.find(begun, uuid, file, visible, fileCtx),
        replaced: before && { version: before, manifest: store.read(before, task.signal) },
      };
      const generation = await withRoomyHeap(() => commit.commit(begun, manifest, work)).catch(
        async (error: unknown) => {
          // Where it only ends here, it goes on elsewhere or later.
          if (!task.signal.aborted) await restoreReaders(parts, begun);
          // What was changed stays so, however often it is tried again.
          const now = await existing(records, input);
          const isBringing = now.state === 'STAGING' || now.state === 'VERIFYING';
          if (isBringing && error instanceof SatelliteError) await compare(parts, now, ctx, REREAD_BYTES);
          throw error;
        },
      );
      // First, as it can be long until every gateway shows it; once, as its owner may take that back meanwhile.
      failpoint('publication:before-readers');
      const reason = await task.step('readers', () => letReadersIn(parts, begun));
      failpoint('publication:before-published');
      await untilVisible(commit, begun.repository, generation, task);
      await finish(parts, begun, generation, reason);
      return { generation };
    },
    ended: async (input, { state, error }) => {
      if (state === 'COMPLETED') return;
      const version = await existing(records, input);
      // What is visible is published, however the work on it ended.
      const since = await visibleSince(parts, version);
      if (since !== null) {
        await sweepLeft(parts, version);
        return finish(parts, version, since, await letReadersIn(parts, version));
      }
      await restoreReaders(parts, version);
      await moved(parts, input, (now) => failed(now, 'FAILED', error?.message ?? 'The work was cancelled.'));
      const { state: now } = await existing(records, input);
      if (!GOING_ON.has(now)) await commit.sweep(version);
    },
  };
}

/** Since when a version is visible that can be; null where it is not. */
async function visibleSince({ commit }: PublishParts, version: PublicationVersion): Promise<number | null> {
  if (version.state === 'PUBLISHED') return version.generation;
  const isApproved = version.approvedDigest !== null && version.approvedDigest === version.digest;
  return isApproved && UNFINISHED.has(version.state) ? commit.visibleSince(version) : null;
}

/** What an attempt that was cut off left beside what is visible now; where it cannot go, the next publication removes it. */
async function sweepLeft({ commit }: PublishParts, version: PublicationVersion): Promise<void> {
  await commit.sweep(version).catch(() => undefined);
}

/** @returns what is to be said where not all of them could be; null of what is PUBLISHED, whose readers are its owner's affair */
async function letReadersIn({ store, grants }: PublishParts, version: PublicationVersion): Promise<string | null> {
  if (version.state === 'PUBLISHED') return null;
  const collections = await store.read(version, AbortSignal.timeout(LOOK_MILLISECONDS)).collections();
  try {
    await grants.open(version, collections);
    return null;
  } catch (error) {
    if (!(error instanceof SatelliteError)) throw error;
    // It is there, and its owner lets readers in, or takes it back.
    return `Not all of its readers could be let in: ${error.message}`;
  }
}

/** Where a version is not there, the one before stays, and so do its readers. */
async function restoreReaders(
  { records, store, commit, grants }: PublishParts,
  version: PublicationVersion,
): Promise<void> {
  const before = version.generation === null ? await publishedBefore(records, version) : null;
  if (before === null || (await commit.visibleSince(version)) !== null) return;
  await grants.restore(version);
  // Taken back at that moment, it has no readers.
  const isThere = (await existing(records, before)).state === 'PUBLISHED';
  if (!isThere)
    await grants.close(before, await store.read(before, AbortSignal.timeout(LOOK_MILLISECONDS)).collections());
}

/** Makes what is visible PUBLISHED, in the place of the version before; again after a crash. */
async function finish(
  parts: PublishParts,
  version: PublicationVersion,
  generation: number,
  reason: string | null,
): Promise<void> {
  await moved(parts, version, ({ state }) =>
    UNFINISHED.has(state) ? { state: 'PUBLISHED', generation, reason } : null,
  );
  await replaceEarlier(parts, version, generation);
}

async function replaceEarlier(parts: PublishParts, version: PublicationVersion, generation: number): Promise<void> {
  const replaced = `Version ${version.version} has taken its place.`;
  for (const before of await parts.records.versions(version.publication)) {
    if (before.version >= version.version) continue;
    await moved(parts, before, ({ state }) =>
      state === 'PUBLISHED' ? { state: 'WITHDRAWN', reason: replaced, goneSince: generation } : null,
    );
  }
}

export function withdrawKind(parts: PublishParts): JobKind<VersionInput, PublishResult> {
  const { records, store, commit } = parts;
  return {
    name: 'withdrawPublication',
    isCancellable: false,
    run: async (input, task) => {
      const found = await existing(records, input);
      const gone = found.state === 'CANCELLED' ? await keepOut(parts, found, task.signal) : null;
      if (gone !== null) return { generation: gone };
      const version = await existing(records, input);
      const manifest = store.read(version, task.signal);
      failpoint('publication:before-withdrawal');
      await closeToReaders(parts, version);
      const ctx = { caller: { username: version.submittedBy }, signal: task.signal };
      const generation = await commit.withdraw(version, manifest, { task, ctx });
      await moved(parts, input, () => ({ goneSince: generation }));
      await untilVisible(commit, version.repository, generation, task);
      return { generation };
    },
  };
}

/**
 * What was given up while nobody could say whether it is visible never becomes so; what had is WITHDRAWN.
 * @returns since when it is out; null where it is visible, and is to be taken out
 */
async function keepOut(parts: PublishParts, version: PublicationVersion, signal: AbortSignal): Promise<number | null> {
  const { generation, isVisible } = await parts.commit.keepOut(version, signal);
  if (!isVisible) {
    await moved(parts, version, () => ({ goneSince: generation }));
    return generation;
  }
  await replaceEarlier(parts, version, generation);
  await moved(parts, version, ({ state }) => (state === 'CANCELLED' ? { state: 'WITHDRAWN', generation } : null));
  return null;
}

/** Ends the grants on what was taken back, which is there until its job has taken it out. */
export async function closeToReaders(
  { records, store, commit, grants }: Pick<PublishParts, 'records' | 'store' | 'commit' | 'grants'>,
  version: PublicationVersion,
): Promise<void> {
  // Where it is out already, its names can be those of a later publication, with grants of its own.
  if ((await commit.visibleSince(version)) === null) return;
  const signal = AbortSignal.timeout(LOOK_MILLISECONDS);
  await grants.close(version, await store.read(version, signal).collections());
  if ((await commit.visibleSince(version)) !== null) return;
  // A later version can have come in its place at that moment: its readers stay.
  for (const later of await records.versions(version.publication)) {
    if (later.version <= version.version || (await commit.visibleSince(later)) === null) continue;
    await grants.open(later, await store.read(later, signal).collections());
  }
}

/** STAGING, where it is approved; what went on before goes on. @throws SatelliteError CONFLICT */
async function begin(parts: PublishParts, input: VersionInput): Promise<PublicationVersion> {
  const latest = await existing(parts.records, { ...input });
  const newest = await parts.records.get(input.publication);
  if (newest?.version !== input.version) {
    throw new SatelliteError('CONFLICT', 'A later version of it was submitted: that one is to be published.');
  }
  if (latest.approvedDigest === null || latest.approvedDigest !== latest.digest) {
    throw new SatelliteError('CONFLICT', 'What is submitted is not what was approved.');
  }
  const begun = await moved(parts, input, ({ state }) =>
    state === 'APPROVED' || state === 'FAILED' ? { state: 'STAGING', reason: null } : null,
  );
  const now = begun ?? (await existing(parts.records, input));
  if (GOING_ON.has(now.state)) return now;
  throw notGoingOn(now.state);
}

/** In which the work is not done, and what it is about can be visible all the same. */
const UNFINISHED: ReadonlySet<string> = new Set([
  ...['STAGING', 'VERIFYING', 'COMMITTING', 'FAILED'],
  // By a gateway that was taken for dead, and had begun to make it visible.
  'STALE',
]);
const GOING_ON: ReadonlySet<string> = new Set(['STAGING', 'VERIFYING', 'COMMITTING', 'PUBLISHED']);

/** Decided against, by people or time. */
const OVER: ReadonlySet<string> = new Set(['CHANGES_REQUESTED', 'REJECTED', 'CANCELLED', 'WITHDRAWN']);

function notGoingOn(state: string): SatelliteError {
  return new SatelliteError('CONFLICT', `It is ${state} meanwhile: nothing was published.`);
}

/** What is kept is what was approved, whatever was done with it since. @throws SatelliteError CONFLICT; the version is STALE then */
async function checkFrozen(parts: PublishParts, version: PublicationVersion, signal: AbortSignal): Promise<void> {
  if ((await parts.store.digest(version, termsOf(version), signal)) === version.approvedDigest) return;
  const reason = 'The manifest that is kept is not the one that was approved: submit it again.';
  await moved(parts, version, (now) => failed(now, 'STALE', reason));
  throw new SatelliteError('CONFLICT', reason);
}

/**
 * @param rereadBytes see `MeasureSettings`
 * @throws SatelliteError CONFLICT; the version is STALE then
 */
async function compare(
  parts: PublishParts,
  version: PublicationVersion,
  ctx: QueryContext & { readonly who: Identity },
  rereadBytes: number,
): Promise<void> {
  try {
    await parts.sources.compare(version, ctx.who, rereadBytes, ctx);
  } catch (error) {
    if (!(error instanceof SourceChangedError)) throw error;
    if (ctx.who.groupsAreOutdated) throw notKnown(ctx.who.username, error.message);
    await moved(parts, version, (now) => failed(now, 'STALE', error.message));
    throw new SatelliteError('CONFLICT', error.message);
  }
}

/** On behalf of who submitted a version. @throws HeldError as `knownSubmitter` */
async function contextOf(
  { memberships, jobs }: PublishParts,
  version: PublicationVersion,
  task: Task,
): Promise<QueryContext & { readonly who: Identity }> {
  const { submittedBy } = version;
  const who = await knownSubmitter(version, memberships);
  const token = jobs.tokenOf(task.jobId);
  return { caller: { username: submittedBy, ...(token !== undefined && { token }) }, signal: task.signal, who };
}
