/** The files of datasets that come by reference are asked for ahead. */
import { expect, test } from 'vitest';
import type { Repository } from '../../src/repository/repository.ts';
import type { FileRecord } from '../../src/repository/rows.ts';
import type { SelectedDataset } from '../../src/transfer/page.ts';
import { filesAhead, type FilesAfter } from '../../src/transfer/refer-page.ts';

const ctx = { caller: { username: 'alice' }, signal: new AbortController().signal };
const datasets = Array.from({ length: 750 }, (_, i) => ({ uuid: String(i).padStart(4, '0') })) as SelectedDataset[];

interface Request {
  readonly begin: () => void;
  readonly end: (error?: Error) => void;
}

function world(after: FilesAfter = {}) {
  const requests: Request[] = [];
  const files: Repository['files'] = async (uuids, _ctx, answering) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    requests.push({ begin: () => answering?.(), end: (error) => (error ? reject(error) : resolve()) });
    await promise;
    return new Map(uuids.map((uuid) => [uuid, [{ path: uuid } as FileRecord]]));
  };
  const batches = filesAhead({ files } as Repository, datasets, 500, after, ctx);
  return { requests, batches };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('the next are asked for when the source begins to answer, before the answer is read', async () => {
  const { requests, batches } = world();
  await settled();
  expect(requests).toHaveLength(1);
  requests[0]!.begin();
  await settled();
  expect(requests).toHaveLength(2);
  for (const i of [0, 1]) requests[i]!.end();
  expect([...(await batches[0]!.files).keys()]).toHaveLength(500);
  await settled();
  expect(requests).toHaveLength(3);
  requests[2]!.end();
  expect((await batches[1]!.files).get('0749')).toEqual([{ path: '0749' }]);
});

test('the first are asked for at once, the others after what else the source is asked for', async () => {
  const elsewhere = Promise.withResolvers<void>();
  const { requests } = world({ others: elsewhere.promise });
  await settled();
  expect(requests).toHaveLength(1);
  requests[0]!.end();
  await settled();
  expect(requests).toHaveLength(1);
  elsewhere.resolve();
  await settled();
  expect(requests).toHaveLength(2);
});

test('after a request that failed no other is made', async () => {
  const { requests, batches } = world();
  await settled();
  requests[0]!.end(new Error('away'));
  await expect(batches[0]!.files).rejects.toThrow('away');
  await expect(batches[1]!.files).rejects.toThrow('away');
  expect(requests).toHaveLength(1);
});
