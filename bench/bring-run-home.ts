/**
 * Brings a run home in a process of its own: `bring-run-home.ts GRAPH OUTPUT RUN DIRECTORY OFFICIAL`, where DIRECTORY holds the
 * `satellite` that has the files.  Prints, as JSON, how long it took and the most memory that the process had.
 */
import { performance } from 'node:perf_hooks';
import { RemoteRepository } from '../src/repository/remote/remote-repository.ts';
import { bringRunHome } from '../src/run/transfer/bring-run-home.ts';
import { TransferWorld } from '../test/transfer/transfer-world.ts';

const [graph, output, outputRun, directory, url] = process.argv.slice(2) as [string, string, string, string, string];
const official = new RemoteRepository({ name: 'dp1', url, token: { fixed: undefined } });
const world = await TransferWorld.in(directory, [official]);
const run = {
  satellite: 'alice~mine',
  satelliteId: null,
  repositories: ['alice~mine', 'dp1'],
  inputs: ['Mini/defaults'],
  output,
  outputRun,
  graph,
};
const start = performance.now();
const { datasets } = await bringRunHome(run, 'NONE', world.surroundings(), world.task());
const milliseconds = performance.now() - start;
await world.close();
await official.close();
console.log(JSON.stringify({ datasets, milliseconds, megabytes: process.resourceUsage().maxRSS / 1024 }));
