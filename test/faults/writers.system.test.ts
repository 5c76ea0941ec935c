/** Stock Python and a gateway's users write to one satellite at the same time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFull } from '../sample.ts';
import { FaultyWorld } from './faulty-world.ts';

const WRITERS = [0, 1, 2, 3];
const WRITES = isFull ? 500 : 10;
let world: FaultyWorld;

beforeAll(async () => {
  world = await FaultyWorld.open();
});
afterAll(() => world[Symbol.asyncDispose]());

test('four of each lose nothing', async () => {
  const gateway = await world.start({ name: 'gateway' });
  const root = await world.create(gateway, 'mine');
  const runs = (who: string) =>
    WRITERS.map((n) => Array.from({ length: WRITES }, (_, i) => `u/alice/${who}-${String(n)}-${String(i)}`));
  const [ofPython, ofUsers] = [runs('python'), runs('user')];
  await Promise.all([
    ...ofPython.map((names) => world.register(root, names)),
    ...ofUsers.map(async (names) => {
      for (const name of names)
        await world.call(gateway, 'createCollection', { satellite: 'mine', name }, 'collection {name}');
    }),
  ]);
  const [found] = await world.judge([root]);
  expect(found!.collections).toEqual([...ofPython, ...ofUsers].flat().toSorted());
  expect(await world.verified(gateway, 'mine')).toMatchObject({ sound: true });
}, 600_000);
