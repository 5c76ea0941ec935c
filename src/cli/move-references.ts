/** `satellite move-references`: an operator's command beside the gateway, over its state and its satellites. */
import { Capabilities } from '../access/capability.ts';
import { GrantStore } from '../access/grant-store.ts';
import { nameInAddresses } from '../access/policy.ts';
import { SatelliteError } from '../butler/errors.ts';
import { ConfigurationError, readConfig } from '../gateway/config.ts';
import { Catalog } from '../satellite/catalog.ts';
import { SATELLITE_TABLES } from '../satellite/tables.ts';
import { Directory } from '../satellite/directory.ts';
import { LEASE_MILLISECONDS } from '../satellite/exclusive-writer.ts';
import { ExclusiveWriters } from '../satellite/exclusive-writers.ts';
import { moveReferences } from '../satellite/move-references.ts';
import { Quota } from '../satellite/quota.ts';
import { fullName } from '../satellite/satellite.ts';
import { SatelliteStorage } from '../satellite/storage.ts';
import { createLeases } from '../state/leases.ts';
import { openState } from '../state/open.ts';
import { prepareTables } from '../state/tables.ts';
import { printable } from './terminal.ts';

export interface MoveReferencesOptions {
  readonly config: string;
  /** Addresses that the gateway had. */
  readonly from: readonly string[];
}

/**
 * Gives the references of the named satellites (full names), or of all, their present addresses, and prints how many.
 * The gateway may run meanwhile.  One that cannot be written to now is named, and the command ends with status 1.
 */
export async function moveAllReferences(names: readonly string[], options: MoveReferencesOptions): Promise<void> {
  const { writing, publicUrl, repositories } = await readConfig(options.config, process.env);
  if (!writing) throw new ConfigurationError(`${options.config} has no "state" and no "satellites".`);
  if (publicUrl === undefined) throw new ConfigurationError(`publicUrl: is the address to move to; set it.`);
  const ownUrls = [publicUrl, ...options.from.map(gatewayAddress)];

  const signal = new AbortController().signal;
  const state = await openState(writing.state, signal);
  const writers = new ExclusiveWriters(writing.satellites, createLeases(state, LEASE_MILLISECONDS));
  const storage = await SatelliteStorage.open(writing.satellites, writers, state.secret);
  try {
    await prepareTables(state.database, SATELLITE_TABLES, signal);
    const catalog = new Catalog(state.database, new GrantStore(state.database));
    const quota = new Quota(state.database);
    const direct = repositories.filter((r) => r.kind === 'direct');
    const configured = direct.map(({ name, owner, path }) => ({ name, owner, path }));
    const directory = new Directory({ catalog, storage, quota, configured });
    const capabilities = Capabilities.of(state.secret);
    const all = [
      ...(await catalog.existing(signal)).map(fullName),
      ...configured.filter((r) => r.owner !== undefined).map(nameInAddresses),
    ];
    for (const name of names.length > 0 ? names : all) {
      try {
        const satellite = await directory.forJob(name);
        const settings = { publicUrl, ownUrls, mintCapability: capabilities.mint.bind(capabilities) };
        const ctx = { caller: { username: satellite.owner }, signal };
        console.log(`${name}: ${await moveReferences(satellite, settings, ctx)} references moved`);
      } catch (error) {
        if (!(error instanceof SatelliteError)) throw error;
        console.error(printable(`${name}: ${error.message}`));
        process.exitCode = 1;
      }
    }
    await directory.close();
  } finally {
    await writers.close();
    await storage.close();
    await state.close();
  }
}

function gatewayAddress(text: string): string {
  if (/^https?:\/\/[^?#]+$/.test(text) && URL.canParse(text)) return text.replace(/\/$/, '');
  throw new SatelliteError('BAD_USER_INPUT', `--from: '${text}' is no http(s) address of a gateway.`);
}
