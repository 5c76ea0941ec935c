/** A gateway's part that changes one satellite, and ends where `SATELLITE_FAILPOINT` says: `change-process.ts OPTIONS CHANGE`. */
import { alice, openWorld, request, type WorldOptions } from './satellite-world.ts';
import type { CreateSatellite } from '../../src/satellite/service.ts';

export type Change = 'create' | 'delete' | 'purge' | 'reset' | 'restore' | 'migrate' | 'undo';

const [options, change, asked] = process.argv.slice(2) as [string, Change, string];
// What it leaves is gone on with soon.
const world = await openWorld({ ...(JSON.parse(options) as WorldOptions), leaseMilliseconds: 2000 });
const mine = { satellite: 'mine', dryRun: false };
switch (change) {
  case 'create':
    await world.satellites.create(request('mine', JSON.parse(asked) as Partial<CreateSatellite>), alice);
    break;
  case 'delete':
    await world.satellites.delete({ ...mine, purge: false }, alice);
    break;
  case 'purge':
    await world.ended((await world.satellites.delete({ ...mine, purge: true }, alice)).job);
    break;
  case 'reset':
    await world.satellites.reset(mine, alice);
    break;
  case 'migrate':
  case 'undo':
    await world.ended((await world.migration.migrate({ ...mine, undo: change === 'undo' }, alice)).job);
    break;
  case 'restore':
    await world.satellites.restore(mine, alice);
    break;
}
await world.close();
