/** `expand_data_id` of the RemoteButler face on several repositories as one, whichever of them has the records. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSharing, type SharingWorld } from './sharing-world.ts';

let world: SharingWorld;
beforeAll(async () => {
  world = await openSharing();
  await world.done('alice', 'createSatellite', { name: 'bare', official: 'dp1' });
  await world.done('alice', 'createSatellite', { name: 'hsc', official: 'dp1', instruments: ['HSC'] });
});
afterAll(() => world[Symbol.asyncDispose]());

async function expanded(repositories: string, dataId: object) {
  const answer = await world.fetch('alice', `/api/butler/repo/${repositories}/v1/expand_data_id`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ data_id: dataId }),
  });
  return { status: answer.status, body: await answer.text() };
}

// Some records in none but the second, some in both, with an instrument, a sky map, and both.
test.each([
  { instrument: 'HSC', detector: 10 },
  { instrument: 'HSC', physical_filter: 'HSC-R' },
  { instrument: 'HSC', visit: 903334, detector: 16 },
  { skymap: 'discrete/ci_hsc', tract: 0, band: 'i' },
  { instrument: 'HSC', visit: 903334, skymap: 'discrete/ci_hsc', tract: 0 },
])('%j of which only one has all records is expanded as that one expands it', async (dataId) => {
  const alone = await expanded('dp1', dataId);
  expect(alone.status).toBe(200);
  for (const names of ['bare+dp1', 'hsc+dp1', 'dp1+bare', 'bare+hsc+dp1']) {
    expect([names, await expanded(names, dataId)]).toEqual([names, alone]);
  }
});

test('what none of them has is not there', async () => {
  const none = { instrument: 'HSC', exposure: 1 };
  expect(await expanded('bare+dp1', none)).toEqual(await expanded('dp1', none));
  expect((await expanded('bare', { instrument: 'HSC', detector: 10 })).status).toBe(422);
});
