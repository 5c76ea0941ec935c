/** The dry run of a copy, between two satellites of one user, one of which may hold little. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSharing, type SharingWorld } from './sharing-world.ts';

let world: SharingWorld;
const RUN = 'u/alice/run';

beforeAll(async () => {
  world = await openSharing();
  const made = { official: 'dp1', instruments: ['HSC'] };
  await world.done('alice', 'createSatellite', { ...made, name: 'full' });
  await world.done('alice', 'createSatellite', { ...made, name: 'small', quotaBytes: 40 });
  await world.ingest('full', RUN, 3);
});
afterAll(() => world[Symbol.asyncDispose]());

test('the dry run of a copy says among its conflicts how far the quota is too small', async () => {
  const plan = async (mode: string, dataId?: object) => {
    const search = { datasetTypes: ['note'], collections: [RUN], ...(dataId && { dataId }) };
    const input = { from: 'full', to: 'small', search, mode, dryRun: true };
    const fields = 'job {id} plan {datasets bytes newBytes new conflicts}';
    const answer = await world.done('alice', 'transferDatasets', input, fields);
    expect(answer.job).toBeNull();
    return answer.plan as { readonly conflicts: readonly { readonly reason: string }[] };
  };
  const bytes = 3 * `run: ${RUN}`.length;
  const tooMuch = await plan('COPY');
  expect(tooMuch).toMatchObject({ datasets: 3, new: 3, bytes, newBytes: bytes });
  expect(tooMuch.conflicts.map(({ reason }) => reason)).toEqual([expect.stringContaining('40 bytes')]);
  // What fits, and what brings no bytes, is in no conflict.
  expect(await plan('COPY', { instrument: 'HSC', detector: 1 })).toMatchObject({ datasets: 1, conflicts: [] });
  expect(await plan('REFERENCE')).toMatchObject({ datasets: 3, conflicts: [] });
});

test('the dry run of a copy tells apart what is there already', async () => {
  const search = { datasetTypes: ['note'], collections: [RUN], dataId: { instrument: 'HSC', detector: 1 } };
  const input = { from: 'full', to: 'half', search, mode: 'COPY' };
  await world.done('alice', 'createSatellite', { official: 'dp1', instruments: ['HSC'], name: 'half' });
  await world.done('alice', 'transferDatasets', input);
  const all = { ...input, search: { ...search, dataId: undefined }, dryRun: true };
  const { plan } = await world.done('alice', 'transferDatasets', all, 'plan {datasets bytes newBytes new}');
  const bytes = `run: ${RUN}`.length;
  expect(plan).toEqual({ datasets: 3, bytes: 3 * bytes, newBytes: 2 * bytes, new: 2 });
});

test('and the copy that is asked for all the same ends with that error, and leaves nothing', async () => {
  const search = { datasetTypes: ['note'], collections: [RUN] };
  const input = { from: 'full', to: 'small', search, mode: 'COPY' };
  const { data } = await world.change('alice', 'transferDatasets', input, 'job {id}');
  const id = data.transferDatasets.job.id as string;
  await expect
    .poll(async () => (await world.ask('alice', 'query ($id: ID!) {job(id: $id) {state error {code}}}', { id })).data, {
      timeout: 240_000,
    })
    .toEqual({ job: { state: 'FAILED', error: { code: 'QUOTA_EXCEEDED' } } });
  const usage = '{satellite(name: "small") {usage {datasets bytes}}}';
  expect((await world.ask('alice', usage)).data.satellite.usage).toEqual({ datasets: 0, bytes: 0 });
});
