/**
 * Brings a run home in a process of its own, which a test kills: `homecoming-process.ts DIRECTORY URL GRAPH STEPS`.  Goes on
 * after the steps that are in the file STEPS.
 */
import { RemoteRepository } from '../../../src/repository/remote/remote-repository.ts';
import { bringRunHome } from '../../../src/run/transfer/bring-run-home.ts';
import { KeptSteps } from '../../transfer/kept-steps.ts';
import { TransferWorld } from '../../transfer/transfer-world.ts';
import { runOf } from './homecoming-world.ts';

const [directory, url, graph, steps] = process.argv.slice(2) as [string, string, string, string];
const official = new RemoteRepository({ name: 'dp1', url, token: { fixed: undefined } });
const world = await TransferWorld.in(directory, [official]);
await bringRunHome(runOf(graph), 'REFERENCE', world.surroundings(), world.task(new KeptSteps(steps)));
await world.close();
await official.close();
