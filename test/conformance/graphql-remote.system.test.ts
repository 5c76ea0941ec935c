import { expect, test } from 'vitest';
import { startOfficialServer } from '../repository/remote/official-server.ts';
import { putCorpus } from './graphql-runner.ts';

test('every official case that GraphQL can put is answered so through the real RemoteButler server', async () => {
  await using server = await startOfficialServer();
  const printed = await putCorpus([{ name: 'official', kind: 'remote', url: server.url }]);
  expect(printed).toMatch(/\n638 satisfied, 0 failed, 808 skipped\n$/);
}, 600_000);
