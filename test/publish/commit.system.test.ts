/** What is published is, for stock Butler, what the satellite has. */
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { DirectRepository } from '../../src/repository/direct/direct-repository.ts';
import { buildSatellite } from '../../stack/satellite.ts';
import { manifestOf } from './manifest-of.ts';
import { contentOf, contextOf, PublishedWorld, type Content } from './published-world.ts';

const COLLECTIONS = ['u/alice/defaults', 'u/alice/calib/gen0'];

let root: string;
let source: DirectRepository;
let expected: Content;

beforeAll(async () => {
  root = await buildSatellite();
  source = await openDirectRepository({ name: 'alice~mine', path: root });
  expected = await contentOf(COLLECTIONS, root);
});
afterAll(() => source.close());

const whole = () => manifestOf(source, COLLECTIONS, contextOf());
const files = async (directory: string) =>
  (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

describe('A satellite that is published', () => {
  test('is found by stock Butler as it is in the satellite: collections, datasets, records, validity ranges, bytes', async () => {
    await using world = await PublishedWorld.make();
    const manifest = await whole();
    expect(await world.publish(manifest, source)).toBe(1);
    expect(world.entered).toEqual(['VERIFYING', 'COMMITTING']);
    const found = await world.content(COLLECTIONS);
    expect(Object.keys(found.datasets).length).toBeGreaterThan(20);
    expect(found.memberships.length).toBeGreaterThan(5);
    expect(found).toEqual(expected);
    // Done again, as after a crash, it changes nothing.
    expect(await world.publish(manifest, source)).toBe(1);
    expect(await world.content(COLLECTIONS)).toEqual(expected);
  });

  test('is gone for stock Butler when it is withdrawn, with its files', async () => {
    await using world = await PublishedWorld.make();
    const manifest = await whole();
    await world.publish(manifest, source);
    expect(await world.withdraw(manifest)).toBe(2);
    expect(await world.withdraw(manifest)).toBe(2);
    expect((await world.content(COLLECTIONS)).missing).toContain('u/alice/defaults');
    expect((await world.content(['*'])).found).toEqual([]);
    expect((await files(world.root)).map(({ name }) => name).sort()).toEqual(['butler.yaml', 'gen3.sqlite3']);
    await expect(world.publish(manifest, source)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
