import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DataId } from '../../../src/butler/data-id.ts';
import { SatelliteError } from '../../../src/butler/errors.ts';
import { requiredDataId } from '../../../src/butler/data-id.ts';
import { MAX_NSEC, MIN_NSEC, type Timespan } from '../../../src/butler/timespan.ts';
import type { DirectRepository } from '../../../src/repository/direct/direct-repository.ts';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { readCases, REPOSITORIES, type Case } from '../../conformance/corpus.ts';
import { postgresRepositories, sqliteRepository } from '../../fixtures/repositories.ts';

/** A corpus case's arguments, as `find_dataset` takes them. */
interface Arguments {
  readonly dataset_type: string;
  readonly collections?: string | readonly string[] | null;
  readonly data_id: DataId | null;
  readonly timespan?: { readonly $timespan: readonly [string | null, string | null] };
  readonly defaults?: { readonly collections: readonly string[]; readonly infer?: boolean };
  readonly kwargs?: DataId;
}

const cases = readCases().filter(({ kind, args }) => kind === 'find_dataset' && collectionsOf(args as never) !== null);

function collectionsOf({ collections, defaults }: Arguments): readonly string[] | null {
  const given = collections ?? defaults?.collections ?? null;
  return typeof given === 'string' ? [given] : given;
}

/** What stock Butler infers from the default collections of the cases. */
const inferred: Record<string, DataId> = { official: { instrument: 'LSSTCam' }, satellite: { instrument: 'Cam1' } };

/** Whole seconds TAI. */
function nanoseconds(text: string): bigint {
  return BigInt(Date.parse(`${text}Z`)) * 1_000_000n;
}

function timespanOf({ timespan }: Arguments): Timespan | null {
  if (!timespan) return null;
  const [begin, end] = timespan.$timespan;
  return { begin: begin === null ? MIN_NSEC : nanoseconds(begin), end: end === null ? MAX_NSEC : nanoseconds(end) };
}

async function answer(repository: DirectRepository, { args }: Case): Promise<unknown> {
  const given = args as unknown as Arguments;
  const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(120_000) };
  try {
    const row = await repository.findDataset(
      {
        datasetType: given.dataset_type,
        dataId: { ...given.data_id, ...given.kwargs },
        ...(given.defaults?.infer && { defaultDataId: inferred[repository.name]! }),
        collections: collectionsOf(given)!,
        timespan: timespanOf(given),
      },
      ctx,
    );
    if (!row) return [];
    const { dimensions } = row.datasetType;
    const dataId = requiredDataId(dimensions, row.values);
    return [{ id: row.uuid, dataset_type: row.datasetType.name, run: row.run, data_id: dataId }];
  } catch (error) {
    if (error instanceof SatelliteError) return error.code;
    throw error;
  }
}

function expected({ expected: { error, rows } }: Case): unknown {
  if (error) return (error.butler_error_type ?? error.error_type).toUpperCase();
  return (rows as readonly Record<string, unknown>[]).map(({ implied: _, ...row }) => row);
}

describe.each(['sqlite', 'postgresql'] as const)('finding a dataset, on %s', (dialect) => {
  let server: Awaited<ReturnType<typeof postgresRepositories>> | undefined;
  const repositories = new Map<string, DirectRepository>();

  beforeAll(async () => {
    server = dialect === 'postgresql' ? await postgresRepositories() : undefined;
    for (const name of REPOSITORIES) {
      repositories.set(
        name,
        await openDirectRepository({ name, path: server ? server[name] : sqliteRepository(name) }),
      );
    }
  });

  afterAll(async () => {
    for (const repository of repositories.values()) await repository.close();
    await server?.[Symbol.asyncDispose]();
  });

  test.each(cases)('$id: as stock Butler does', async (testCase) => {
    expect(await answer(repositories.get(testCase.repo)!, testCase)).toEqual(expected(testCase));
  });
});
