import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildQuery } from '../../src/butler/query/build.ts';
import { observed, type Outcome } from '../../src/gateway/observed-repository.ts';
import type { WriteableDirectRepository } from '../../src/repository/direct/writeable-direct-repository.ts';
import { OpenedRepository } from '../../src/satellite/opened-repository.ts';
import { sqlitePlaces, type Places } from '../repository/direct/restricted/places.ts';
import { RECORDS, universe } from '../repository/direct/restricted/sky.ts';
import { build, type World } from '../repository/direct/restricted/world.ts';

const ctx = { caller: { username: 'bob' }, signal: AbortSignal.timeout(600_000) };

const WORLD: World = {
  collections: ['u/ann/private', 'u/ann/shared'].map((name) => ({ name, type: 'RUN', doc: '' })),
  datasets: ['u/ann/private', 'u/ann/shared'].map((run, i) => ({
    uuid: `0198d2a4-0000-7000-8000-00000000000${String(i)}`,
    type: 'bias',
    run,
    values: ['CamA', 1],
    size: 1,
  })),
  tags: [],
  certifications: [],
  chains: new Map(),
};

describe('A satellite of which a part is shared', () => {
  let places: Places;
  let direct: WriteableDirectRepository;
  let borrowed = 0;
  let left = 0;
  const satellite = new OpenedRepository(
    'ann~s',
    async () => {
      borrowed += 1;
      return { repository: direct, done: () => (left += 1) };
    },
    async () => undefined,
  );
  const outcomes: Outcome[] = [];
  const shared = { key: 'shared', allows: (name: string) => name === 'u/ann/shared' };
  beforeAll(async () => {
    places = await sqlitePlaces();
    direct = await places.empty();
    await build(direct, WORLD, RECORDS, ctx);
  });
  afterAll(async () => {
    await direct.close();
    await places[Symbol.asyncDispose]();
  });

  it('is opened for each answer about it, and left when the answer is given or given up', async () => {
    const part = satellite.readableAs(shared);
    expect((await part.collections({ search: ['*'] }, ctx)).map(({ name }) => name)).toEqual(['u/ann/shared']);
    expect(
      (
        await part.datasets(
          WORLD.datasets.map(({ uuid }) => uuid),
          ctx,
        )
      ).size,
    ).toBe(1);
    const { query, spec } = buildQuery(universe, { result: { type: 'dimension_record', element: 'detector' } });
    for await (const page of part.query(query, spec, ctx)) {
      expect(page.rows).toHaveLength(1);
      break;
    }
    expect(await (await part.usage(ctx))!.parts()).toHaveLength(1);
    expect(borrowed).toBeGreaterThan(0);
    expect(left).toBe(borrowed);
  });

  it('stays in part where its calls are counted, and what cannot be given in part is not said to be', async () => {
    const counted = observed(satellite, (outcome) => outcomes.push(outcome));
    if (!('readableAs' in counted)) throw new TypeError('it can be given out in part');
    const part = counted.readableAs(shared);
    await expect(part.collections({ search: ['u/ann/private'] }, ctx)).rejects.toMatchObject({
      code: 'MISSING_COLLECTION',
    });
    expect(outcomes).toEqual(['refused']);
    expect('readableAs' in observed(part, () => undefined)).toBe(false);
  });
});
