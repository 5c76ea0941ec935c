/** The job `submitPublication`: makes and checks the manifest of a version. */
import type { JobKind, Jobs, Job } from '../jobs/job.ts';
import { HeldError } from '../jobs/job.ts';
import type { Identity } from '../access/principal.ts';
import { ownerOfName } from '../access/readable.ts';
import type { Memberships } from '../access/memberships.ts';
import { SatelliteError } from '../butler/errors.ts';
import { failpoint } from '../repository/failpoints.ts';
import { withRoomyHeap } from '../repository/heap-growth.ts';
import type { ManifestStore } from './manifest-store.ts';
import type { PublicationVersion } from './publication.ts';
import type { PublicationRecords } from './records.ts';
import { SourceChangedError } from './source-contents.ts';
import type { Sources } from './sources.ts';
import { canBecome, failed, type Step } from './transitions.ts';
import { needsRestart } from './checks.ts';

/** A version, as a job keeps it. */
export type VersionInput = { readonly publication: string; readonly version: number };

export interface PublicationParts {
  readonly records: PublicationRecords;
  readonly store: ManifestStore;
  readonly sources: Sources;
  readonly jobs: Jobs;
  readonly memberships: Pick<Memberships, 'of'>;
  /** To be called when a publication was changed. */
  readonly changed: (id: string) => void;
}

/** Goes on with a version that is approved. */
export type Publish = (version: PublicationVersion) => Promise<Job>;

/** @param publish for what is approved without a reviewer. @param isApproved whether the rules approve it by themselves */
export function submitKind(
  parts: PublicationParts,
  isApproved: (version: PublicationVersion) => boolean,
  publish: Publish,
): JobKind<VersionInput, { readonly datasets: number; readonly bytes: number }> {
  const { records, store, sources, jobs, memberships } = parts;
  const goOn = async (submitted: PublicationVersion) => {
    const { state, digest, datasets, bytes } = submitted;
    if (state === 'SUBMITTED' && isApproved(submitted)) {
      const step: Step = {
        state: 'APPROVED',
        approvedDigest: digest,
        reason: 'Its readers are members of the owning group alone, which needs no reviewer here.',
      };
      const approved = await moved(parts, submitted, (now) => (now.state === 'SUBMITTED' ? step : null));
      if (approved && !needsRestart(approved)) await publish(approved);
    }
    return { datasets, bytes };
  };
  return {
    name: 'submitPublication',
    // It reads whole repositories.
    lane: () => 'bulk',
    run: async ({ publication, version: number }, task) => {
      const found = await begun(parts, { publication, version: number });
      // What was submitted is frozen, also where a job is done again.
      if (found.state !== 'DRAFT') return goOn(found);
      const before = await publishedBefore(records, found);
      const replaced = before && { name: before, manifest: store.read(before, task.signal) };
      const who = await knownSubmitter(found, memberships);
      const token = jobs.tokenOf(task.jobId);
      const ctx = { caller: { username: who.username, ...(token !== undefined && { token }) }, signal: task.signal };
      const progress = (done: number) => task.progress({ done, total: null, unit: 'datasets' });
      const frozen = withRoomyHeap(() => sources.freeze(found, who, replaced, progress, ctx));
      const { digest, checks, datasets, bytes } = await frozen.catch((error: unknown) => {
        throw error instanceof SourceChangedError ? new SatelliteError('CONFLICT', error.message) : error;
      });
      failpoint('publication:before-submitted');
      const isComplete = digest !== null && !checks.some(({ state }) => state === 'FAILED');
      await moved(parts, found, (now) => {
        if (now.state !== 'DRAFT') return null;
        const made = { digest, checks, datasets, bytes };
        return isComplete ? { ...made, state: 'SUBMITTED', submittedAt: Date.now() } : made;
      });
      return goOn(await existing(records, found));
    },
    ended: async ({ publication, version }, { state, error }) => {
      if (state === 'COMPLETED') return;
      const found = await records.get(publication, version);
      if (!found) return;
      const to = state === 'CANCELLED' ? 'CANCELLED' : 'FAILED';
      await moved(parts, found, (now) => failed(now, to, error?.message ?? 'The work was cancelled.'));
    },
  };
}

/**
 * The version as it is; one of which nothing was submitted because that failed is a DRAFT again.
 * @throws SatelliteError CONFLICT where a later version is in its place, or it was given up
 */
async function begun(parts: PublicationParts, input: VersionInput): Promise<PublicationVersion> {
  const found = await existing(parts.records, input);
  const { publication, version, state, digest } = found;
  if (digest !== null) return found;
  if (state === 'CANCELLED') throw new SatelliteError('CONFLICT', 'It was given up: submit a new version.');
  if (state !== 'FAILED') return found;
  if ((await parts.records.get(publication))?.version !== version) {
    throw new SatelliteError('CONFLICT', 'A later version of it was submitted: this one is not submitted any more.');
  }
  await moved(parts, found, (now) => (now.state === 'FAILED' ? { state: 'DRAFT', reason: null } : null));
  return existing(parts.records, input);
}

/** @throws SatelliteError NOT_FOUND */
export async function existing(
  records: PublicationRecords,
  { publication, version }: VersionInput,
): Promise<PublicationVersion> {
  const found = await records.get(publication, version);
  if (found) return found;
  throw new SatelliteError('NOT_FOUND', 'The publication is not there any more.');
}

/** The version of the same publication that can be read now; null where there is none. */
export async function publishedBefore(
  records: PublicationRecords,
  { publication, version }: VersionInput,
): Promise<PublicationVersion | null> {
  const versions = await records.versions(publication);
  return versions.find((one) => one.state === 'PUBLISHED' && one.version !== version) ?? null;
}

/** Makes a step that nobody takes, however often it has to be tried. @returns the version then; null: there was none to make */
export async function moved(
  { records, changed }: Pick<PublicationParts, 'records' | 'changed'>,
  { publication, version }: VersionInput,
  choose: (now: PublicationVersion) => Step | null,
): Promise<PublicationVersion | null> {
  for (;;) {
    const now = await existing(records, { publication, version });
    const step = choose(now);
    if (!step || (step.state !== undefined && !canBecome(now, step.state))) return null;
    const event = step.state === undefined ? null : { event: step.state, actor: null, detail: reasonDetail(step) };
    const after = await records.change(now, step, event);
    if (!after) continue;
    changed(publication);
    return after;
  }
}

function reasonDetail({ reason }: Step): { readonly reason?: string } {
  return reason ? { reason } : {};
}

/**
 * Who submitted a version, with the groups that they have now.  Where those are too old to count, they still own what is theirs
 * by name.
 * @throws HeldError (`TOKEN`) where nobody can say who they are, or the groups matter
 */
export async function knownSubmitter(
  { submittedBy, group, readers, source }: Pick<PublicationVersion, 'submittedBy' | 'group' | 'readers' | 'source'>,
  memberships: Pick<Memberships, 'of'>,
): Promise<Identity> {
  const who = await memberships.of(submittedBy);
  const ofGroups = source.collections.some((name) => ownerOfName(name)?.kind === 'group');
  const isEnough = !who?.groupsAreOutdated || (group === null && readers.groups.length === 0 && !ofGroups);
  if (who && isEnough) return who;
  throw notKnown(submittedBy);
}

/** What somebody's rights are cannot be said before they have signed in again. */
export function notKnown(username: string, reason = ''): HeldError {
  const message = `It is not known (any more) which groups '${username}' is in: it goes on when they have signed in again.`;
  return new HeldError('UNAUTHENTICATED', `${reason} ${message}`.trim(), 'TOKEN');
}
