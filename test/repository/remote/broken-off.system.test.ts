import { expect, it } from 'vitest';
import { ButlerHttp } from '../../../src/repository/remote/http.ts';
import { streamRows } from '../../../src/repository/remote/row-stream.ts';
import { DEFAULT_LIMITS } from '../../../src/repository/remote/settings.ts';
import { runPython } from '../../../stack/run-python.ts';
import { asUser, startOfficialServer } from './official-server.ts';
import { datasetsSpec, key, overDatasets, rowsOf } from './queries.ts';

const alice = asUser('alice');

it('notices the real server breaking off: a new instrument that its cache does not know', async () => {
  await using server = await startOfficialServer();
  const repository = server.open();
  const universe = await repository.universe(alice);
  const camera = (await repository.datasetTypes(alice)).get('camera')!;
  const query = overDatasets(camera, ['new/run']);
  // The server fills its cache of instruments now.
  const instrument = universe.conform(['instrument']);
  const http = new ButlerHttp({ name: 'official', url: server.url, token: 'forward' }, DEFAULT_LIMITS);
  const withRecords = (limit: number | null) => ({
    type: 'general' as const,
    dimensions: instrument,
    dimensionFields: new Map(),
    datasetFields: new Map([['camera', ['dataset_id', 'run'] as const]]),
    findFirst: true,
    includeDimensionRecords: true,
    orderBy: [key('instrument')],
    limit,
    allowDuplicateOverlaps: false,
  });
  const all = async (given: typeof query) => {
    const rows = [];
    for await (const page of streamRows(http, { query: given, spec: withRecords(null) }, alice)) rows.push(...page);
    return rows;
  };
  try {
    expect(await all(overDatasets(camera, ['LSSTCam/calib/unbounded']))).toHaveLength(1);
    await runPython('test/repository/remote/new_instrument.py', [server.root, 'camera', 'new/run']);
    await expect(all(query)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.stringContaining('broke off') as string,
    });
    // Our own queries ask for no records, and get the row.
    expect(await rowsOf(repository, query, datasetsSpec(camera), alice)).toHaveLength(1);
  } finally {
    await http.close();
  }
});
