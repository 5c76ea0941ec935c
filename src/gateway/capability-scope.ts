/** What may be read by an address that holds a capability, which needs no token. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CapabilityGrant, ReadingGrant } from '../access/capability.ts';
import { isInGroup } from '../access/grants.ts';
import type { Identity } from '../access/principal.ts';
import { SEEN_AFTER_SECONDS } from '../access/revocations.ts';
import { SatelliteError } from '../butler/errors.ts';
import { LEAST_COST } from './request-meter.ts';
import {
  rechecked,
  repositoriesOf,
  requestController,
  tellOf,
  type Lasting,
  type ReadingScope,
  type ScopeOptions,
} from './request-scope.ts';

/** A file at an address that holds a capability. */
export type CapabilityFile = Pick<CapabilityGrant, 'repository' | 'uuid'> & { readonly capability: string };

/**
 * For an address that holds a capability: as its satellite's owner, with the rights that the owner has now, groups included.
 * Of a group's satellite: as the group, with what each of its members may read by being in it, as long as who made it is.
 * For one that holds a reading: as the user whom it was given to, and only files that the dataset's repository has itself;
 * records in it are written by others too, and could lead to whatever that user may read.
 * @throws SatelliteError FORBIDDEN where it is not, or no longer, good for this file
 */
export async function openCapabilityScope(
  request: FastifyRequest,
  reply: FastifyReply,
  seconds: number,
  file: CapabilityFile,
  options: ScopeOptions,
): Promise<ReadingScope & Lasting> {
  // What began goes on: an end is the end of beginning to read.
  const begun = Date.now() / 1000;
  const { owner, reader, ownOnly } = await capabilityReader(file, options, begun);
  const { username } = owner;
  tellOf(owner, request);
  // Whoever has the address may not use up what its owner has.
  await options.meter.charge({ username: `~${username}`, quota: null }, LEAST_COST, reply);
  const controller = requestController(reply, seconds);
  return {
    repositories: await repositoriesOf(reader, options),
    query: { caller: { username, asService: !ownOnly }, signal: controller.signal },
    ownOnly,
    keepChecking: rechecked(reply, controller, options, async () =>
      repositoriesOf((await capabilityReader(file, options, begun)).reader, options),
    ),
  };
}

/** Whose a capability is and who reads by it, as they are now. @param now Unix seconds @throws SatelliteError FORBIDDEN */
async function capabilityReader(
  file: CapabilityFile,
  options: ScopeOptions,
  now: number,
): Promise<{ readonly owner: Identity; readonly reader: Identity; readonly ownOnly: boolean }> {
  const reading = options.satellites?.capabilities.readerOf(file.capability, file, now);
  const user = reading && !(await isRevoked(reading, options)) && (await identityOf(reading.username, options));
  if (user) return { owner: user, reader: user, ownOnly: true };
  const grant = options.satellites?.capabilities.verify(file.capability, file);
  const satellite = grant && (await options.satellites?.directory.byId(grant.satelliteId));
  const owner = satellite && (await identityOf(satellite.owner, options));
  if (
    !owner ||
    !satellite.capabilityUrls ||
    satellite.capabilityVersion !== grant.version ||
    (satellite.state !== 'READY' && satellite.state !== 'CHECKED_OUT') ||
    (satellite.group !== null && !isInGroup(owner, { name: satellite.group, id: satellite.groupId }))
  ) {
    throw new SatelliteError(
      'FORBIDDEN',
      "The capability in this address is not, or no longer, good: it ended, was rotated, or its satellite is gone. Read the satellite's " +
        'present address of the file, or use the address without the capability and send a token.',
    );
  }
  const { group, groupId } = satellite;
  return { owner, reader: group === null ? owner : asGroup(owner, { name: group, id: groupId }), ownOnly: false };
}

/** Also what was asked for with a token whose revocation was not known everywhere yet. */
async function isRevoked({ username, issued }: ReadingGrant, { revocations }: ScopeOptions): Promise<boolean> {
  return (await revocations?.isRevoked(username, { iat: issued - SEEN_AFTER_SECONDS })) ?? false;
}

/**
 * A group as one who reads.  Its members can write whatever address into their satellite, and have it given a capability: that
 * must open nothing of who made the satellite that is not the group's.
 */
function asGroup(
  { groups, groupIds }: Identity,
  { name, id }: { readonly name: string; readonly id: number | null },
): Identity {
  // By the name that it has now.
  const now = groups.find((known) => id !== null && groupIds?.get(known) === id) ?? name;
  // No user has such a name.
  return { username: `~${now}`, groups: [now], ...(id !== null && { groupIds: new Map([[now, id]]) }) };
}

async function identityOf(username: string, { memberships }: ScopeOptions): Promise<Identity | null> {
  return memberships ? memberships.of(username) : { username, groups: [] };
}
