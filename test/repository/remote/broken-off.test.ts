import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Universe } from '../../../src/butler/universe.ts';
import type { DataCoordinateSpec } from '../../../src/butler/query/result-spec.ts';
import { joined, upload } from '../../../src/repository/federated/probe.ts';
import { FakeServer, detectors, json, lines } from './fake-server.ts';
import { asUser } from './official-server.ts';
import { dataIdsSpec, overDimensions, rowsOf } from './queries.ts';

const alice = asUser('alice');
const brokenOff = { code: 'UPSTREAM_UNAVAILABLE', message: expect.stringContaining('broke off') as string };

describe('an answer that the server breaks off without a word', () => {
  let fake: FakeServer;
  let universe: Universe;

  beforeAll(async () => {
    await using first = await FakeServer.start();
    universe = await first.open().universe(alice);
  });
  beforeEach(async () => {
    fake = await FakeServer.start();
  });
  afterEach(async () => {
    await fake[Symbol.asyncDispose]();
  });

  const detector = () => universe.conform(['detector']);
  const ask = (given: Partial<DataCoordinateSpec> = {}, positions = false) => {
    const query = overDimensions(detector());
    return rowsOf(fake.open(), query, dataIdsSpec(detector(), given), alice, { positions });
  };

  it('is an error where it has no rows, unless the server confirms that there are none', async () => {
    fake.on('query/execute', lines());
    fake.on('query/any', json(200, { found_rows: true }), json(200, { found_rows: false }));
    await expect(ask()).rejects.toMatchObject(brokenOff);
    expect(await ask()).toEqual([]);
  });

  it('is an error where it has whole pages only, unless the server confirms that there are no more', async () => {
    fake.on('query/execute', lines(detectors(0, 2000), detectors(2000, 2000)));
    fake.on('query/count', json(200, { count: 4001 }), json(200, { count: 4000 }));
    await expect(ask()).rejects.toMatchObject(brokenOff);
    expect(await ask()).toHaveLength(4000);
    // With an order, by a question that costs next to nothing.
    fake.on('query/any', json(200, { found_rows: true }), json(200, { found_rows: false }));
    await expect(ask({}, true)).rejects.toMatchObject(brokenOff);
    expect(await ask({}, true)).toHaveLength(4000);
    expect(fake.countOf('query/count')).toBe(2);
  });

  it('is told from a whole one for nothing by a short last page, or by as many rows as were asked', async () => {
    fake.on('query/execute', lines(detectors(0, 2000), detectors(2000, 7)));
    expect(await ask()).toHaveLength(2007);
    fake.on('query/execute', lines(detectors(0, 2000)));
    expect(await ask({ limit: 2000 })).toHaveLength(2000);
    expect(fake.asked.every(({ path }) => /universe|execute/.test(path))).toBe(true);
  });

  it('is an error too where pages are short because of regions', async () => {
    fake.on('query/execute', lines(detectors(0, 1999), detectors(5000, 7)));
    fake.on('query/count', json(200, { count: 2007 }));
    const query = overDimensions(universe.conform(['detector', 'visit', 'tract']));
    await expect(rowsOf(fake.open(), query, dataIdsSpec(detector()), alice)).rejects.toMatchObject(brokenOff);
  });

  it('is an error too where data IDs that are sent name a tract, and patches are tested', async () => {
    fake.on('query/execute', lines(detectors(0, 1999), detectors(5000, 7)));
    fake.on('query/count', json(200, { count: 2007 }));
    const query = overDimensions(universe.conform(['detector', 'visit', 'patch']));
    const sent = upload(
      universe.conform(['visit', 'tract']),
      ['instrument', 'visit', 'skymap', 'tract'],
      [['FakeCam', 1, 'sky', 2]],
    );
    await expect(rowsOf(fake.open(), joined(query, [sent]), dataIdsSpec(detector()), alice)).rejects.toMatchObject(
      brokenOff,
    );
  });

  it('is an error where the confirmation fails as loudly as the stream should have', async () => {
    fake.on('query/execute', lines());
    fake.on('query/any', json(500, 'Internal Server Error'));
    await expect(ask()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });

  it('is an error where the connection breaks, or a line', async () => {
    fake.on('query/execute', (response) => {
      response.writeHead(200).write(`${JSON.stringify(detectors(0, 2000))}\n`, () => response.destroy());
    });
    await expect(ask()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    fake.on('query/execute', (response) => {
      response.writeHead(200).end(JSON.stringify(detectors(0, 3)).slice(0, -9));
    });
    await expect(ask()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });

  it('gives the rows before it to a walk, and then the error', async () => {
    fake.on('query/execute', lines(detectors(0, 3)), lines(detectors(3, 2000)));
    fake.on('query/any', json(200, { found_rows: true }));
    const repository = fake.open();
    const page = async (after?: number) => {
      const rows = [];
      const options = { positions: true, ...(after !== undefined && { after: { fake: ['FakeCam', after] } }) };
      for await (const part of repository.query(
        overDimensions(detector()),
        dataIdsSpec(detector(), { limit: 1001 }),
        alice,
        options,
      )) {
        rows.push(...part.rows);
      }
      return rows;
    };
    fake.on('query/execute', lines(detectors(0, 1001)), lines(detectors(1001, 2000)));
    expect(await page()).toHaveLength(1001);
    expect(await page(1000)).toHaveLength(1001);
    await expect(page(2001)).rejects.toMatchObject(brokenOff);
  });
});
