/**
 * Publishes, or withdraws, in a process of its own, which a test kills: `publish-process.ts DIRECTORY SOURCE CHANGE`. The
 * version is 1, or 2 where CHANGE is `replace`: without its first datasets, which go.
 */
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { manifestOf } from './manifest-of.ts';
import { contextOf, PublishedWorld } from './published-world.ts';

const [directory, root, change] = process.argv.slice(2) as [string, string, 'publish' | 'replace' | 'withdraw'];
const collections = ['u/alice/defaults', 'u/alice/calib/gen0'];
const source = await openDirectRepository({ name: 'alice~mine', path: root });
const world = PublishedWorld.in(directory);
const only =
  change === 'replace' ? { only: ({ datasetType }: { datasetType: string }) => datasetType !== 'visit_notes' } : {};
const manifest = await manifestOf(source, collections, contextOf(), only);
if (change === 'withdraw') await world.withdraw(manifest);
else await world.publish(manifest, source, { version: change === 'replace' ? 2 : 1 });
await world.repositories.close();
await source.close();
