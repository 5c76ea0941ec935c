/** What this gateway can do of a run itself, and what has to be done elsewhere. */
import { SatelliteError } from '../butler/errors.ts';
import { isUri } from '../repository/direct/datastore/artifact-path.ts';
import type { PythonSettings } from '../satellite/migration-tool.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import type { RunRecord } from './run.ts';
import type { RunSettings } from './settings.ts';

/** @throws SatelliteError FORBIDDEN where the gateway does not run this user's code */
export function requireStack(
  { executeAs, user, python }: RunSettings,
  { id, spec }: Pick<RunRecord, 'id' | 'spec'>,
  username: string,
): PythonSettings {
  const isTheirs = executeAs === 'sandbox' || (executeAs === 'self' && username === user);
  if (isTheirs && python) return python;
  const pipelines = executeAs === 'self' ? 'no pipelines of yours' : 'no pipelines';
  throw new SatelliteError(
    'FORBIDDEN',
    `This gateway runs ${pipelines}, which are code of its users: run it where you work, in your notebook or terminal, with ` +
      `\`satellite run go ${id}\`${spec.executor === 'BPS' ? ', which hands it to BPS there' : ''}.`,
  );
}

/**
 * Whether an execution reaches what it needs from here.
 * @throws SatelliteError FORBIDDEN where it does not, BAD_USER_INPUT where jobs of BPS would not reach the files from anywhere
 */
export function requireReach({ executeAs }: RunSettings, run: RunRecord, satellite: OpenSatellite): void {
  requireCredentials(run, satellite);
  if (executeAs !== 'sandbox') return;
  const isByBps = run.spec.executor === 'BPS';
  if (!isByBps && !isUri(satellite.artifacts.root)) return;
  const what = isByBps
    ? 'no batch system is reached'
    : 'no object storage is reached, where the files of this satellite are';
  throw new SatelliteError(
    'FORBIDDEN',
    `From the sandboxes of this gateway ${what}: run it where you work, with \`satellite run go ${run.id}\`.`,
  );
}

/** @throws SatelliteError BAD_USER_INPUT where jobs of BPS would need credentials, which they would leave on disks */
export function requireCredentials({ spec }: RunRecord, { artifacts }: OpenSatellite): void {
  if (spec.executor !== 'BPS' || !isUri(artifacts.root)) return;
  throw new SatelliteError(
    'BAD_USER_INPUT',
    'The files of this satellite are in an object storage, for which jobs of BPS are given no credentials: make the run with ' +
      '"executor: LOCAL", or on a satellite whose files are in a directory.',
  );
}
