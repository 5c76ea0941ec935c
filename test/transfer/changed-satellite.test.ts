/** Jobs that were begun for a satellite whose name another one has by now. */
import { expect, test } from 'vitest';
import type { JobKind, Task } from '../../src/jobs/job.ts';
import { Stages, type StagesOptions } from '../../src/run/stages.ts';
import { Creation, type CreationParts } from '../../src/satellite/creation.ts';
import { Removals } from '../../src/satellite/removal.ts';
import type { OpenSatellite } from '../../src/satellite/satellite.ts';
import type { TransferSurroundings } from '../../src/transfer/attempt-setting.ts';
import { ingestKind } from '../../src/transfer/ingest-kind.ts';
import { transferKind } from '../../src/transfer/transfer-kind.ts';

const rights = {
  as: <T>(_owner: string, _name: string, ask: (who: never) => Promise<T>) =>
    ask({ username: 'alice', groups: [] } as never),
};
const open = async () => ({ id: 'new', fullName: 'alice~mine', owner: 'alice' }) as OpenSatellite;
const satellites = { forWriting: open, forJob: open };
const untouched = { noteCopy: () => expect.fail('noted'), beginCopy: () => expect.fail('begun') };
const kinds = new Map<string, JobKind>();
const jobs = {
  define: (kind: unknown) => void kinds.set((kind as JobKind).name, kind as JobKind),
  tokenOf: () => undefined,
};
// Nothing else is asked for anything.
const surroundings = { rights, satellites, jobs } as unknown as TransferSurroundings;
const entry = { satellite: 'alice~mine', satelliteId: 'old', spec: { repositories: [] } };
new Removals(satellites as never, jobs as never, rights);
const official = { name: 'dp1', kind: 'OFFICIAL', owner: undefined, repository: {} };
new Creation({ rights, jobs, directory: satellites, offered: [official] } as unknown as CreationParts);
new Stages({ jobs, surroundings, store: { get: async () => entry } } as unknown as StagesOptions);
jobs.define(transferKind(surroundings, untouched, { add: () => expect.fail('noted') }));
jobs.define(ingestKind(surroundings, () => expect.fail('registered')));

const satellite = { satellite: 'alice~mine', satelliteId: 'old' };
const refusal = { code: 'CONFLICT', message: expect.stringContaining('it was reset') as string };

test.each([
  ['transferDatasets', { from: 'dp1', to: 'alice~mine', satelliteId: 'old', mode: 'COPY' }],
  ['ingestDatasets', satellite],
  ['removeDatasets', { ...satellite, uuids: ['u'], mode: 'PURGE' }],
  ['removeCollection', { ...satellite, collection: 'run', unlink: true }],
  ['createSatellite', { ...satellite, official: 'dp1' }],
  ['buildRun', { run: 'r', attempt: 1 }],
  ['executeRun', { run: 'r', attempt: 1 }],
  ['transferRun', { run: 'r', attempt: 1 }],
  ['removeRun', { run: 'r', attempt: 1 }],
])('%s does not begin, or go on, in a satellite that got the name of its own by a reset', async (name, input) => {
  await expect(kinds.get(name)!.check!(input, 'alice')).rejects.toMatchObject(refusal);
});

test.each([
  ['transferDatasets', { from: 'dp1', to: 'alice~mine', satelliteId: 'old', mode: 'COPY' }],
  ['ingestDatasets', satellite],
  ['removeDatasets', { ...satellite, uuids: ['u'], mode: 'PURGE' }],
  ['removeCollection', { ...satellite, collection: 'run', unlink: true }],
])('%s writes nothing where that happened after it was looked at', async (name, input) => {
  await expect(kinds.get(name)!.run(input, { owner: 'alice' } as Task)).rejects.toMatchObject(refusal);
});
