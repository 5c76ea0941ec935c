import { expect, test } from 'vitest';
import { startOfficialServer } from '../repository/remote/official-server.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { isFull } from '../sample.ts';
import { oneInFile } from './corpus.ts';
import { putCorpus } from './graphql-runner.ts';

test('official cases that GraphQL can put are answered so through the real RemoteButler server', async () => {
  await using server = await startOfficialServer();
  await using directory = await temporaryDirectory();
  const cases = await oneInFile(3, directory.path);
  const printed = await putCorpus([{ name: 'official', kind: 'remote', url: server.url }], cases);
  expect(printed).toMatch(
    isFull ? /\n638 satisfied, 0 failed, 808 skipped\n$/ : /\n213 satisfied, 0 failed, 269 skipped\n$/,
  );
}, 600_000);
