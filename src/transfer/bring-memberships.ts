/** Puts transferred datasets into the satellite's TAGGED and CALIBRATION collections. */
import type { CollectionInfo } from '../butler/collection.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { WriteableRepository } from '../repository/writeable-repository.ts';
import { planMemberships } from './memberships.ts';
import type { TransferPage } from './page.ts';

/**
 * Adds what is not there yet; the collections are.
 * @param collections those of the satellite
 * @throws SatelliteError CONFLICT naming both datasets of the first conflict
 */
export async function bringMemberships(
  satellite: WriteableRepository,
  { datasets, memberships }: TransferPage,
  collections: ReadonlyMap<string, CollectionInfo>,
  ctx: QueryContext,
): Promise<void> {
  const plan = await planMemberships(satellite, datasets, memberships, [...collections.values()], ctx);
  if (plan.conflicts[0]) throw new SatelliteError('CONFLICT', plan.conflicts[0].reason);
  const alike = Map.groupBy(plan.missing, ({ collection, timespan }) =>
    [timespan?.begin ?? '', timespan?.end ?? '', collection].join(' '),
  );
  for (const same of alike.values()) {
    const { collection, timespan } = same[0]!;
    const uuids = same.map(({ uuid }) => uuid);
    if (timespan === null) await satellite.associate(collection, uuids, ctx);
    else await satellite.certify(collection, uuids, timespan, ctx);
  }
}
