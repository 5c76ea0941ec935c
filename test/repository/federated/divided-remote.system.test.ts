/**
 * Random queries, put to one repository and to two that share out what it holds, of which one is behind the stock Butler
 * server: what that fails at is not asked of it.
 */
import { cp, rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { FederatedRepository } from '../../../src/repository/federated/federated-repository.ts';
import { sqliteRepository, temporaryDirectory } from '../../fixtures/repositories.ts';
import { splitRepository } from '../../fixtures/split.ts';
import fc, { runs } from '../../sample.ts';
import { startOfficialServer } from '../remote/official-server.ts';
import { answerTo, described, queryOf } from './division.ts';
import { vocabularyOf } from './random-queries.ts';

test.each([
  ['second', 1],
  ['first', 2],
] as const)(
  'a satellite and the stock server, searched %s, answer any query as the one that holds what both hold',
  async (place, seed) => {
    await using directory = await temporaryDirectory();
    const paths = await splitRepository('official', directory.path, seed);
    const [own, served] = place === 'first' ? paths.toReversed() : paths;
    await using server = await startOfficialServer(async (root) => {
      await rm(root, { recursive: true });
      await cp(served, root, { recursive: true });
    });
    const whole = await openDirectRepository({ name: 'whole', path: sqliteRepository('official') });
    const satellite = await openDirectRepository({ name: 'satellite', path: own });
    // Nothing changes meanwhile.
    const official = server.open({ collectionsSeconds: 600 });
    const together = new FederatedRepository(place === 'first' ? [official, satellite] : [satellite, official]);
    try {
      const vocabulary = await vocabularyOf(whole);
      const property = fc.asyncProperty(fc.gen(), async (gen) => {
        const query = queryOf(vocabulary, gen);
        fc.pre(query !== undefined);
        expect(await answerTo(together, query), described({ name: place }, query)).toEqual(
          await answerTo(whole, query),
        );
      });
      await fc.assert(property, { numRuns: runs(40) });
    } finally {
      await whole.close();
      await satellite.close();
    }
  },
  3_600_000,
);
