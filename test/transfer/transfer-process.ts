/**
 * A transfer in a process of its own, which a test kills: `transfer-process.ts DIRECTORY URL MODE STEPS`.  Goes on after the
 * steps that are in the file STEPS, a JSON pair a line.
 */
import { RemoteRepository } from '../../src/repository/remote/remote-repository.ts';
import { KeptSteps } from './kept-steps.ts';
import { TransferWorld } from './transfer-world.ts';

const [directory, url, mode, steps] = process.argv.slice(2) as [string, string, 'REFERENCE' | 'COPY', string];
const source = new RemoteRepository({ name: 'dp1', url, token: { fixed: undefined } });
const world = await TransferWorld.in(directory, [source]);
const search = { datasetTypes: ['metrics_composite', 'defects'], collections: ['defaults'], findFirst: false };
await world.transfer({ search }, { mode, steps: new KeptSteps(steps) });
await world.close();
await source.close();
