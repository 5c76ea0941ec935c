/** The corpus put to two repositories that share out one at random: together they answer as the one. */
import { describe, expect, it } from 'vitest';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { FederatedRepository } from '../../src/repository/federated/federated-repository.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { splitRepository } from '../fixtures/split.ts';
import { oneIn, runs } from '../sample.ts';
import { answerOf, QUERY_KINDS } from './answers.ts';
import { readCases, REPOSITORIES, type Case } from './corpus.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { satisfies } from './verdict.ts';

/** Reasons why a query finds nothing name the repository that gives them. */
const explains = ({ args }: Case) => args['terminal'] === 'explain';

const cases = readCases().filter(
  (given) => QUERY_KINDS.includes(given.kind) && !EXCEPTIONS.has(given.id) && !explains(given),
);
const seeds = Array.from({ length: runs(1) }, (_, i) => i + 1);

describe.each(REPOSITORIES)('%s, divided', (name) => {
  it.each(seeds)(
    'answers as one, by seed %s',
    async (seed) => {
      await using directory = await temporaryDirectory();
      const paths = await splitRepository(name, directory.path, seed);
      const members = await Promise.all(
        paths.map((path, i) => openDirectRepository({ name: i === 0 ? 'a' : 'b', path })),
      );
      const together = new FederatedRepository(members);
      const wrong: unknown[] = [];
      try {
        for (const testCase of oneIn(
          5,
          cases.filter(({ repo }) => repo === name),
        )) {
          const answer = await answerOf(testCase, together);
          if (!satisfies(testCase, answer)) wrong.push({ id: testCase.id, answer });
        }
      } finally {
        for (const member of members) await member.close();
      }
      expect(wrong).toEqual([]);
    },
    600_000,
  );

  it('is told what is wrong with a query, if no rows are asked or a name reads like a glob', async () => {
    await using directory = await temporaryDirectory();
    const paths = await splitRepository(name, directory.path, 1);
    const members = await Promise.all(
      paths.map((path, i) => openDirectRepository({ name: i === 0 ? 'a' : 'b', path })),
    );
    const together = new FederatedRepository(members);
    const ask = (kind: string, args: object) => answerOf({ repo: name, kind, args } as unknown as Case, together);
    const joins = [{ dataset_type: 'bias', collections: ['*'] }];
    try {
      const refused = await ask('query_dimension_records', { element: 'htm7', limit: 0 });
      expect(refused).toEqual({ error: { error_type: 'UNIMPLEMENTED_QUERY' } });
      const missing = await ask('query', { joins, result: { type: 'data_coordinate', dimensions: ['detector'] } });
      expect(missing).toEqual({ error: { error_type: 'MISSING_COLLECTION' } });
    } finally {
      for (const member of members) await member.close();
    }
  });
});
