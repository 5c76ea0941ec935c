/** The same reasons from the real RemoteButler server, alone and beside a direct repository. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import type { Repository } from '../../../../src/repository/repository.ts';
import { temporaryDirectory } from '../../../fixtures/repositories.ts';
import { splitRepository } from '../../../fixtures/split.ts';
import { asUser, startOfficialServer, type OfficialServer } from '../../remote/official-server.ts';
import { EMPTY_ANSWERS, explainDataIds } from './empty-answers.ts';

const alice = asUser('alice');
let server: OfficialServer;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let official: Repository;
let part: Repository;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const [path] = await splitRepository('official', directory.path, 1);
  part = await openDirectRepository({ name: 'work', path });
  server = await startOfficialServer();
  official = server.open();
});
afterAll(async () => {
  await part.close();
  await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

const WORLDS = [
  ['the real server', () => [official]],
  ['a direct repository and the real server', () => [part, official]],
] as const;

describe.each(WORLDS)('An empty answer of %s says why', (_, members) => {
  test.each(EMPTY_ANSWERS.map((given) => [given.because, given] as const))(
    '%s',
    async (_because, given) => {
      const { isEmpty, reason, suggestions } = await given.explain(members(), alice);
      expect(isEmpty).toBe(true);
      expect(reason).toMatch(given.reason);
      expect(suggestions.join(' ')).toMatch(given.suggestion);
    },
    60_000,
  );
});

test('a join of both says how much each has', async () => {
  const asked = explainDataIds({
    dimensions: ['visit', 'detector'],
    datasets: [
      { datasetType: 'src', collections: ['everything'] },
      { datasetType: 'visitSummary', collections: ['everything'] },
    ],
    where: "instrument = 'HSC'",
  });
  const { steps, isEmpty } = await asked([part, official], alice);
  expect(isEmpty).toBe(false);
  expect(new Set(steps.map(({ repository }) => repository))).toEqual(new Set(['work', 'official']));
  expect(steps.every(({ estimatedRows }) => estimatedRows! > 0)).toBe(true);
});
