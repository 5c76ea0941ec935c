import { expect, test } from 'vitest';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { putCorpus } from './graphql-runner.ts';

test('every case that GraphQL can put is answered as stock Butler does', async () => {
  const printed = await putCorpus(
    (['satellite', 'official'] as const).map((name) => ({ name, kind: 'direct', path: sqliteRepository(name) })),
  );
  expect(printed).toMatch(/\n1302 satisfied, 0 failed, 144 skipped\n$/);
}, 300_000);
