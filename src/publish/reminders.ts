/** What becomes of requests that nobody does anything about: reminders, and at last their end. */
import type { Logger } from 'pino';
import type { PublicationVersion } from './publication.ts';
import type { PublicationRecords } from './records.ts';
import type { PublishedSettings } from './settings.ts';
import { moved, type PublicationParts } from './submit-kind.ts';
import { failed } from './transitions.ts';
import type { VersionJobs } from './version-jobs.ts';

const DAY_MILLISECONDS = 86_400_000;
/** States in which somebody has to do something. */
const WAITING = [
  ...(['DRAFT', 'SUBMITTED', 'IN_REVIEW', 'CHANGES_REQUESTED', 'STALE', 'FAILED'] as const),
  // It waits for a restart to be confirmed, or its job for somebody's rights.
  ...(['APPROVED', 'STAGING', 'VERIFYING', 'COMMITTING'] as const),
];

export interface RemindersOptions extends Pick<PublicationParts, 'records' | 'changed'> {
  readonly records: PublicationRecords;
  readonly versionJobs: Pick<VersionJobs, 'end'>;
  readonly settings: (repository: string) => PublishedSettings | undefined;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Pick<Logger, 'warn'>;
}

/** Reminds and ends what is due, each once, whichever gateway comes first; what cannot be is logged, and does not keep the others. */
export async function remind(options: RemindersOptions): Promise<void> {
  for (const { version, happenedAt } of await options.records.waiting(WAITING)) {
    await remindOf(options, version, happenedAt).catch((err: unknown) => {
      const { publication, version: number } = version;
      options.log.warn({ err, publication, version: number }, 'could not remind of a version of a publication');
    });
  }
}

async function remindOf(options: RemindersOptions, version: PublicationVersion, happenedAt: number): Promise<void> {
  const { records, versionJobs, settings, now, changed } = options;
  const of = settings(version.repository);
  if (!of) return;
  const days = (now() - happenedAt) / DAY_MILLISECONDS;
  if (days >= of.expireDays && version.state !== 'COMMITTING') {
    const reason = `Nothing happened for ${of.expireDays} days.`;
    const ended = await moved(options, version, (current) =>
      current.revision === version.revision ? failed(current, 'CANCELLED', reason) : null,
    );
    if (ended) await versionJobs.end(version);
    return;
  }
  const due = of.remindDays.filter((day) => days >= day).length;
  if (due > 0 && (await records.remind(version, due))) changed(version.publication);
}
