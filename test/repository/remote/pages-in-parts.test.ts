import { expect, test } from 'vitest';
import { joined, upload } from '../../../src/repository/federated/probe.ts';
import { detectors, FakeServer, json, lines } from './fake-server.ts';
import { asUser } from './official-server.ts';
import { dataIdsSpec, overDimensions, rowsOf } from './queries.ts';

const alice = asUser('alice');

test('a later page of a query with very many data IDs costs no more than its own rows, of each part', async () => {
  await using fake = await FakeServer.start();
  const repository = fake.open();
  const group = (await repository.universe(alice)).conform(['detector']);
  const sent = Array.from({ length: 100_001 }, (_, i) => ['FakeCam', i]);
  const query = joined(overDimensions(group), [upload(group, ['instrument', 'detector'], sent)]);
  fake.on('query/any', json(200, { found_rows: false }));
  const page = async (after: number | undefined, first: number) => {
    fake.on('query/execute', lines(detectors(first, 3)), lines());
    const options = { positions: true, ...(after !== undefined && { after: { fake: ['FakeCam', after] } }) };
    return rowsOf(repository, query, dataIdsSpec(group, { limit: 3 }), alice, options);
  };
  await page(undefined, 0);
  fake.asked.length = 0;
  expect((await page(2, 3)).map(({ values }) => values[1])).toEqual([3, 4, 5]);
  const asked = fake.asked.filter(({ path }) => path.endsWith('query/execute'));
  expect(asked).toHaveLength(2);
  for (const { body } of asked) {
    const { query: put, result_spec } = JSON.parse(body) as {
      query: { tree: { predicate: { operands: unknown[] } } };
      result_spec: { limit: number };
    };
    // A few pages are read ahead.
    expect(result_spec.limit).toBeLessThan(100);
    expect(put.tree.predicate.operands.length).toBeGreaterThan(0);
  }
});
