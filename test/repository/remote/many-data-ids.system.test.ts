/** More data IDs than the real server takes in one upload, which is 100 000. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildQuery, type QueryRequest } from '../../../src/butler/query/build.ts';
import type { DatasetType } from '../../../src/butler/dataset-type.ts';
import type { Universe } from '../../../src/butler/universe.ts';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { FederatedRepository } from '../../../src/repository/federated/federated-repository.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { queryRows } from '../../conformance/answers.ts';
import { readRepository } from '../../conformance/corpus.ts';
import { temporaryDirectory } from '../../fixtures/repositories.ts';
import { splitRepository } from '../../fixtures/split.ts';
import { asUser, startOfficialServer, type OfficialServer } from './official-server.ts';

const ctx = asUser('alice');
const COUNT = 120_000;
const RUN = 'HSC/runs/ci_hsc/20240806T180642Z';

let server: OfficialServer;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const direct: Repository[] = [];
let universe: Universe;
/** Behind the real server; in a file; divided into two. */
let repositories: readonly Repository[];
const { datasetTypes } = readRepository('official');

beforeAll(async () => {
  server = await startOfficialServer();
  directory = await temporaryDirectory();
  const [a, b] = await splitRepository('official', directory.path, 2);
  direct.push(await openDirectRepository({ name: 'file', path: server.root }));
  direct.push(await openDirectRepository({ name: 'a', path: a }), await openDirectRepository({ name: 'b', path: b }));
  const remote = server.open();
  universe = await remote.universe(ctx);
  repositories = [direct[0]!, remote, new FederatedRepository([direct[1]!, direct[2]!])];
});

afterAll(async () => {
  for (const repository of direct) await repository.close();
  await server[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** Detectors of visits: those that there are come last but one, and first, among many that there are not. */
const VISITS = [903334, 903336, 903986];
const DATA_IDS = Array.from({ length: COUNT }, (_, i): [string, number, number] => {
  const n = COUNT - 1 - i;
  return ['HSC', n % 100, VISITS[Math.floor(n / 100)] ?? 10_000_000 + Math.floor(n / 100)];
});
const UPLOAD = { dimensions: ['instrument', 'detector', 'visit'], rows: DATA_IDS };

function type(name: string): DatasetType {
  return datasetTypes.get(name)!;
}

function asked(request: QueryRequest) {
  return buildQuery(universe, { ...request, uploads: [UPLOAD] });
}

async function answers(request: QueryRequest): Promise<readonly (readonly unknown[])[]> {
  const { query, spec } = asked(request);
  return Promise.all(repositories.map((repository) => queryRows(repository, query, spec)));
}

describe(`${COUNT} data IDs`, { timeout: 600_000 }, () => {
  it('give the first dataset of each that has one', async () => {
    const result = { type: 'dataset_ref', datasetType: type('calexp'), collections: [RUN], findFirst: true } as const;
    const [file, ...others] = await answers({ result });
    expect(file!.length).toBeGreaterThan(0);
    for (const rows of others) expect(new Set(rows.map(text))).toEqual(new Set(file!.map(text)));
  });

  it('give datasets in the order that was asked, as many as were asked', async () => {
    const result = { type: 'dataset_ref', datasetType: type('calexp'), collections: [RUN], findFirst: true } as const;
    const [file, ...others] = await answers({
      result,
      orderBy: ['-visit.exposure_time', 'visit', '-detector'],
      limit: 3,
    });
    expect(file).toHaveLength(3);
    for (const rows of others) expect(rows.map(text)).toEqual(file!.map(text));
  });

  it('are all given, each once, whether there are records of them or not', async () => {
    const { query, spec } = asked({
      result: { type: 'data_coordinate', dimensions: ['visit', 'detector'] },
      where: "instrument = 'HSC'",
    });
    const counts = await Promise.all(repositories.map((repository) => repository.count(query, spec, ctx)));
    expect(new Set(counts).size).toBe(1);
    let rows = 0;
    let largest = 0;
    for await (const page of repositories[1]!.query(query, spec, ctx)) {
      rows += page.rows.length;
      largest = Math.max(largest, page.rows.length);
    }
    expect(rows).toBe(counts[1]);
    expect(largest).toBeLessThan(10_000);
  });

  it('that lead to few records give each of these once', async () => {
    const [file, ...others] = await answers({ result: { type: 'dimension_record', element: 'visit' } });
    expect(file!.length).toBeGreaterThan(0);
    for (const rows of others) expect(rows.map(text).sort()).toEqual(file!.map(text).sort());
  });

  it('that all belong to one instrument are looked at together', async () => {
    const [file, ...others] = await answers({ result: { type: 'data_coordinate', dimensions: ['instrument'] } });
    expect(file).toEqual([{ data_id: { instrument: 'HSC' } }]);
    for (const rows of others) expect(rows).toEqual(file);
  });

  it('tell whether there is anything', async () => {
    const result = { type: 'dataset_ref', datasetType: type('calexp'), collections: [RUN], findFirst: true } as const;
    const { query } = asked({ result });
    for (const repository of repositories) expect(await repository.any(query, ctx)).toBe(true);
  });
});

function text(row: unknown): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}
