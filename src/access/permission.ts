/** What a principal's credential is good for: scopes (may they use the service at all), and limits of minted tokens. */
import { SatelliteError } from '../butler/errors.ts';
import type { Operation, Principal } from './principal.ts';

/** Scopes that a principal must have, all of them. */
export interface RequiredScopes {
  /** To read: queries, exports, files, subscriptions. */
  readonly query: readonly string[];
  /** To change anything. */
  readonly change: readonly string[];
}

/** Mutations that a minted token can be good for, by the operation that allows them; it is never good for any other. */
const OPERATION_OF = new Map<string, Operation>([
  ['transferDatasets', 'transfer'],
  ['ingestDatasets', 'transfer'],
  ['registerDatasetType', 'curate'],
  ['createCollection', 'curate'],
  ['setCollectionChain', 'curate'],
  ['associateDatasets', 'curate'],
  ['disassociateDatasets', 'curate'],
  ['certifyDatasets', 'curate'],
  ['decertifyDatasets', 'curate'],
  ['removeCollection', 'curate'],
  ['removeDatasets', 'curate'],
  ['buildRun', 'run'],
  ['executeRun', 'run'],
  ['transferRun', 'run'],
]);

/** Fields at the top of a query or subscription that a minted token can read: what workers need, and nothing of other rights. */
const READABLE_BY_WORKERS = new Set([
  'collections',
  'dataIds',
  'dataset',
  'datasetTypes',
  'datasets',
  'dimensionRecords',
  'findDataset',
  'job',
  'jobProgress',
  'node',
  'repositories',
  'repository',
  'satellite',
]);

/** The operation of a mutation; undefined: no minted token is good for it. */
export function operationOf(mutation: string): Operation | undefined {
  return OPERATION_OF.get(mutation);
}

/**
 * Whether a principal's credential is good for an operation, on a satellite where it has one.  What the user may do at all
 * is another question, which is asked too.
 * @param satellite as the user calls it, by its bare or its full name; whatever changes something names one
 */
export function permits(
  { username, limits }: Pick<Principal, 'username' | 'limits'>,
  operation: Operation | undefined,
  satellite?: string,
): boolean {
  if (!limits) return true;
  if (operation === undefined || !limits.operations.includes(operation)) return false;
  if (satellite === undefined) return operation === 'read';
  return limits.satellite === (satellite.includes('~') ? satellite : `${username}~${satellite}`);
}

/**
 * @param field of GraphQL; absent: another face, which gives data
 * @throws SatelliteError FORBIDDEN, which names the scope that is missing
 */
export function requireReading(principal: Principal, scopes: RequiredScopes, field?: string): void {
  requireScopes(principal, scopes.query, 'read');
  if (!permits(principal, 'read')) throw notGoodFor('reading');
  if (principal.limits && field !== undefined && !READABLE_BY_WORKERS.has(field)) throw notGoodFor(field);
}

/**
 * @param mutation its name
 * @param satellite the one that its input names, if any
 * @throws SatelliteError FORBIDDEN
 */
export function requireChanging(
  principal: Principal,
  scopes: RequiredScopes,
  mutation: string,
  satellite: string | undefined,
): void {
  requireScopes(principal, scopes.change, 'change anything');
  if (!permits(principal, operationOf(mutation), satellite)) throw notGoodFor(mutation);
}

function requireScopes({ scopes }: Principal, required: readonly string[], what: string): void {
  const missing = required.filter((scope) => !scopes.includes(scope));
  if (missing.length === 0) return;
  const names = missing.map((scope) => `"${scope}"`).join(' and ');
  throw new SatelliteError(
    'FORBIDDEN',
    `Your token has no scope ${names}, which it needs to ${what} here: get a token with it.`,
  );
}

function notGoodFor(what: string): SatelliteError {
  return new SatelliteError('FORBIDDEN', `This token was made for a job, and is not good for ${what}.`);
}
