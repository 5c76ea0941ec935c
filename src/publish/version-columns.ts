/** Versions of publications as they stand in tables. */
import { raw } from 'sql-template-tag';
import type { SqlRow, SqlValue } from '../repository/direct/database.ts';
import type { PublicationVersion } from './publication.ts';

/** Columns of `PublicationVersion`: those of the publication, and those of the version. */
const OF_PUBLICATION = {
  publication: 'p.id',
  repository: 'p.repository',
  owner: 'p.owner',
  group: 'p.owner_group',
  groupId: 'p.owner_group_id',
} as const;
/** Columns of a version, by what they are of it. */
export const OF_VERSION = {
  version: 'version',
  state: 'state',
  revision: 'revision',
  submittedBy: 'submitted_by',
  source: 'source',
  title: 'title',
  description: 'description',
  licence: 'licence',
  readers: 'readers',
  digest: 'digest',
  checks: 'checks',
  datasets: 'datasets',
  bytes: 'bytes',
  reason: 'reason',
  claimedBy: 'claimed_by',
  claimedUntil: 'claimed_until',
  approvedBy: 'approved_by',
  approvedDigest: 'approved_digest',
  restartConfirmed: 'restart_confirmed',
  generation: 'generation',
  withdrawnBy: 'withdrawn_by',
  goneSince: 'gone_since',
  job: 'job',
  createdAt: 'created_at',
  submittedAt: 'submitted_at',
  changedAt: 'changed_at',
} as const;

type Key = keyof typeof OF_VERSION;
/** What is stored with a version, in order. */
export const KEYS = Object.keys(OF_VERSION) as Key[];
/** What `toVersion` takes, of the publication as `p` and of the version as `v`. */
export const SELECTED = raw(
  [...Object.values(OF_PUBLICATION), ...Object.values(OF_VERSION).map((column) => `v.${column}`)].join(', '),
);
const AS_JSON: ReadonlySet<string> = new Set(['source', 'readers', 'checks']);
const NUMBERS: ReadonlySet<string> = new Set([
  ...['groupId', 'version', 'revision', 'datasets', 'bytes', 'claimedUntil', 'generation', 'goneSince'],
  ...['createdAt', 'submittedAt', 'changedAt'],
]);

/** A value as its column has it. */
export function stored(key: string, value: unknown): SqlValue {
  if (AS_JSON.has(key)) return JSON.stringify(value);
  if (typeof value === 'boolean') return BigInt(value);
  if (typeof value === 'number') return BigInt(value);
  return value as string | null;
}

/** @param row what `SELECTED` gives */
export function toVersion(row: SqlRow): PublicationVersion {
  const names = [...Object.keys(OF_PUBLICATION), ...KEYS];
  const entries = names.map((key, i) => {
    const value = row[i]!;
    if (AS_JSON.has(key)) return [key, JSON.parse(String(value)) as unknown];
    if (NUMBERS.has(key)) return [key, value === null ? null : Number(value)];
    return [key, key === 'restartConfirmed' ? Number(value) === 1 : value];
  });
  const version: unknown = Object.fromEntries(entries);
  return version as PublicationVersion;
}
