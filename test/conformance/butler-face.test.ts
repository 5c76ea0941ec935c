/** Our own client of RemoteButler servers, on a gateway's RemoteButler face: what it asks, it is answered as by the stock server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildQuery } from '../../src/butler/query/build.ts';
import type { OrderExpression } from '../../src/butler/query/expression.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { FederatedRepository } from '../../src/repository/federated/federated-repository.ts';
import { RemoteRepository } from '../../src/repository/remote/remote-repository.ts';
import type { RowsByResult } from '../../src/repository/rows.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from '../gateway/running-gateway.ts';
import { answerOf, COLLECTION_KINDS, ctx, QUERY_KINDS } from './answers.ts';
import { readRemoteCases, REPOSITORIES, type RepositoryName } from './corpus.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { satisfies } from './verdict.ts';

const KINDS = [...QUERY_KINDS, ...COLLECTION_KINDS, 'get_dataset_type', 'get_dataset', 'find_dataset'];

const cases = readRemoteCases().filter(({ id }) => !EXCEPTIONS.has(id));

describe('The RemoteButler face', () => {
  const open = new Map<RepositoryName, RemoteRepository>();
  let gateway: RunningGateway;

  beforeAll(async () => {
    const offered = await Promise.all(
      REPOSITORIES.map(async (name) => ({
        name,
        kind: 'OFFICIAL' as const,
        owner: undefined,
        repository: await openDirectRepository({ name, path: sqliteRepository(name) }),
      })),
    );
    gateway = await runGateway({ offered });
    const token = { fixed: await gateway.token() };
    for (const name of REPOSITORIES) {
      open.set(name, new RemoteRepository({ name, url: `${gateway.url}/api/butler/repo/${name}`, token }));
    }
  });

  afterAll(async () => {
    for (const repository of open.values()) await repository.close();
    await gateway[Symbol.asyncDispose]();
  });

  it.each(KINDS)('answers as stock Butler does: %s', async (kind) => {
    const wrong: unknown[] = [];
    for (const testCase of cases.filter((candidate) => candidate.kind === kind)) {
      const answer = await answerOf(testCase, open.get(testCase.repo)!);
      const isRight = satisfies(testCase, answer) || (testCase.remote && satisfies(testCase.remote, answer));
      if (!isRight) wrong.push({ id: testCase.id, answer, expected: testCase.expected });
    }
    expect(wrong).toEqual([]);
  });

  it.each([false, true])(
    'orders by values that are computed over two repositories, descending: %s',
    async (isReversed) => {
      const members = REPOSITORIES.map((name) => open.get(name)!);
      const { query, spec } = buildQuery(await members[0]!.universe(ctx), {
        result: { type: 'dimension_record', element: 'exposure' },
      });
      const time = { type: 'dimension_field', element: 'exposure', field: 'exposure_time' } as const;
      const computed: OrderExpression = { type: 'unary', operator: '-', operand: time };
      const orderBy = [isReversed ? ({ type: 'reversed', operand: computed } as const) : computed];
      const pages = await Array.fromAsync(new FederatedRepository(members).query(query, { ...spec, orderBy }, ctx));
      const rows = pages.flatMap((page) => page.rows as RowsByResult['dimension_record'][]);
      const times = rows.flatMap(({ fields }) => (fields['exposure_time'] as number | null) ?? []);
      expect(new Set(rows.map(({ fields }) => fields['instrument'])).size).toBeGreaterThan(1);
      expect(times).toEqual(times.toSorted((a, b) => (isReversed ? a - b : b - a)));
    },
  );
});
