import { expect, it } from 'vitest';
import { PredictedGraph } from '../../../src/run/graph/predicted-graph.ts';

it('gives one quantum by its UUID, and none for a UUID that it has not', async () => {
  const graph = await PredictedGraph.open('test/data/graphs/dictionary.qg');
  const { quanta } = await graph.thin();
  const { uuid } = quanta.get('coadd')![0]!;
  expect(await graph.quantum(uuid)).toMatchObject({ uuid, task: 'coadd' });
  for (const other of ['00000000-0000-7000-8000-000000000000', 'ffffffff-ffff-7fff-bfff-ffffffffffff', 'coadd']) {
    expect(await graph.quantum(other)).toBeNull();
  }
  await graph.close();
});
