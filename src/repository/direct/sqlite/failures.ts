/** What an error code of SQLite, or of the worker that ran a statement, means to a user. */
import { RepositoryUnavailableError, SatelliteError, UncertainCommitError } from '../../../butler/errors.ts';
import { ConstraintError } from '../database.ts';

/** An error that a worker reported: SQLite's code (`SQLITE_BUSY`, …), `WORKER_EXITED`, or one of the file system. */
export class WorkerError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'WorkerError';
    this.code = code;
  }
}

const UNFINISHED = /^SQLITE_(READONLY_(ROLLBACK|RECOVERY|CANTINIT|CANTLOCK)|CANTOPEN_DIRTYWAL)$/;

/** Whether another holds a lock on the file that this one needs. */
export function isBusy(error: unknown): boolean {
  return error instanceof WorkerError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

/** Whether a writer died in the middle: whoever opens the file for writing undoes what it left, and readers cannot. */
export function isLeftUnfinished(error: unknown): boolean {
  const cause = error instanceof RepositoryUnavailableError ? error.cause : error;
  return cause instanceof WorkerError && UNFINISHED.test(cause.code);
}

/** The error that callers see; what no worker reported stays as it is. */
export function databaseError(repository: string, error: unknown): unknown {
  if (!(error instanceof WorkerError)) return error;
  const kind = constraintKind(error.code);
  if (kind) return new ConstraintError(kind, { cause: error });
  if (error.code === 'SQLITE_FULL') {
    return new SatelliteError(
      'QUOTA_EXCEEDED',
      `There is no space left for the database of repository '${repository}'. Remove datasets, or ask for more.`,
      { repository, cause: error },
    );
  }
  if (error.code === 'EXCHANGED') return new UncertainCommitError(repository, error);
  const retryAfter = isBusy(error) ? { retryAfter: 5 } : {};
  return new RepositoryUnavailableError(repository, `Repository '${repository}' ${reason(error.code)}`, {
    cause: error,
    ...retryAfter,
  });
}

function constraintKind(code: string): ConstraintError['kind'] | undefined {
  if (/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY|ROWID)$/.test(code)) return 'unique';
  if (code === 'SQLITE_CONSTRAINT_FOREIGNKEY') return 'foreign key';
  if (code === 'SQLITE_CONSTRAINT_CHECK') return 'check';
  return code === 'SQLITE_CONSTRAINT_NOTNULL' ? 'not null' : undefined;
}

function reason(code: string): string {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'is being written to and stayed locked; try again later.';
  if (code === 'SQLITE_READONLY') return 'has a database file that may not be written to; check its permissions.';
  if (code === 'SQLITE_READONLY_DBMOVED') return 'has got another database file meanwhile; try again.';
  if (UNFINISHED.test(code)) {
    return 'was left in the middle of a write; open it once with a writeable Butler, which completes or undoes the write.';
  }
  if (code === 'ENOENT') return 'has no database file where its configuration says.';
  if (/^(EACCES|SQLITE_CANTOPEN|SQLITE_PERM|SQLITE_AUTH)/.test(code)) {
    return 'has a database file that may not be opened by the gateway; check its permissions.';
  }
  if (code === 'LINKED') return 'has a link in place of its database file, which is not followed: put the file there.';
  if (code === 'TRIGGER') {
    return 'cannot be written to: its database has triggers or views, which Butler does not make; drop them.';
  }
  if (code === 'WAL') {
    return (
      'cannot be written to: its database file is in WAL mode, which is not safe on network file systems; ' +
      'set its journal mode back to DELETE.'
    );
  }
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) return 'has a damaged database file.';
  if (code.startsWith('SQLITE_IOERR')) {
    return 'has a database file that cannot be read or written at the moment: its file system reports an error.';
  }
  if (code === 'WORKER_EXITED') return 'lost the process that was working on its database; try again.';
  return `could not answer: its database reported ${code}.`;
}
