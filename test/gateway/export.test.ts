import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ArrayRepository } from '../repository/federated/array-repository.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { offer, rawContent } from './small-repositories.ts';

const RAWS = { datasetTypes: ['raw'], collections: ['official'], orderBy: ['detector'] };

const post = (gateway: RunningGateway, body: object) =>
  gateway.fetch('/export', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('an export of real repositories', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    const repositories = (['satellite', 'official'] as const).map((name) => {
      return { name, kind: 'direct', path: sqliteRepository(name) };
    });
    gateway = await runGateway({ yaml: `repositories: ${JSON.stringify(repositories)}` });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const SEARCHES = [
    ['datasets', { datasetTypes: ['*'], collections: ['*'], findFirst: false, repositories: ['satellite'] }, 'uuid'],
    ['dimensionRecords', { element: 'visit' }, 'element values region timespan {begin end beginNs endNs}'],
    ['dimensionRecords', { element: 'physical_filter', where: "instrument = 'HSC'" }, 'element values region'],
    ['dataIds', { dimensions: ['detector'], where: "instrument = 'Cam1'" }, 'dataId fullDataId'],
  ] as const;

  test.each(SEARCHES)('of %s %j has the rows of the query field, and their count', async (field, args, selection) => {
    const literal = JSON.stringify(args)
      .replace(/"(\w+)":/g, '$1:')
      .slice(1, -1);
    const { data, errors } = await gateway.ask(
      `{${field}(${literal}, first: 10000) {totalCount nodes {${selection}}}}`,
    );
    expect(errors).toBeUndefined();
    const answer = await post(gateway, { field, arguments: args });
    expect(answer.headers.get('content-type')).toBe('application/jsonl');
    const lines = linesOf(await answer.text());
    expect(lines.pop()).toEqual({ count: data[field].totalCount });
    const nodes = data[field].nodes as object[];
    expect(lines).toEqual(nodes.map((node) => expect.objectContaining(node) as unknown));
    expect(lines.length).toBeGreaterThan(0);
  });

  test.each(SEARCHES)('of %s %j as Parquet has the same rows, in typed columns', async (field, args) => {
    const lines = linesOf(await (await post(gateway, { field, arguments: args })).text());
    const answer = await post(gateway, { field, arguments: args, format: 'parquet' });
    expect(answer.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    const rows = await parquetReadObjects({ file: await answer.arrayBuffer() });
    expect(rows).toHaveLength(lines.length - 1);
    const first = lines[0]! as { fullDataId?: object; values?: object; repository: string };
    const values = Object.entries({ ...first.fullDataId, ...first.values, repository: first.repository });
    const shown = (value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
    expect(values.map(([name]) => [name, shown(rows[0]![name])])).toEqual(values);
  });
});

test.each([
  ['an unknown field', { field: 'secrets', arguments: {} }, 'field: Invalid option'],
  ['an unknown argument', { field: 'datasets', arguments: { ...RAWS, first: 3 } }, 'no argument "first"'],
  [
    'a missing argument',
    { field: 'datasets', arguments: { datasetTypes: ['raw'] } },
    'collections: Expected non-nullable',
  ],
  ['a wrong value', { field: 'datasets', arguments: { ...RAWS, where: 7 } }, 'where: String cannot represent'],
  ['an unknown format', { field: 'datasets', arguments: RAWS, format: 'fits' }, 'format: Invalid option'],
])('%s is refused with what is wrong', async (_what, body, message) => {
  await using gateway = await runGateway({ offered: [offer(new ArrayRepository('dp1', rawContent(1, 'official')))] });
  const answer = await post(gateway, body);
  expect(answer.status).toBe(400);
  const { errors } = (await answer.json()) as { errors: object[] };
  expect(errors).toMatchObject([{ message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } }]);
});

describe('where the repository fails', () => {
  const failing = (calls: number) => {
    const repository = new ArrayRepository('dp1', rawContent(300, 'official'), { pageSize: 10 });
    repository.failsAfter = calls;
    return repository;
  };

  test('at once, the export has the status of the error', async () => {
    await using gateway = await runGateway({ offered: [offer(failing(0))] });
    const answer = await post(gateway, { field: 'datasets', arguments: RAWS });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }] });
  });

  test('on the way, the last line is the error and not a count', async () => {
    await using gateway = await runGateway({ offered: [offer(failing(12))] });
    const lines = linesOf(await (await post(gateway, { field: 'datasets', arguments: RAWS })).text());
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.at(-1)).toMatchObject({
      errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE', repository: 'dp1' } }],
    });
  });

  test('on the way, Parquet is not given at all or is cut off', async () => {
    await using gateway = await runGateway({ offered: [offer(failing(12))] });
    const answer = await post(gateway, { field: 'datasets', arguments: RAWS, format: 'parquet' });
    expect(
      answer.status === 503 ||
        (await answer.arrayBuffer().then(
          () => 'whole',
          () => 'cut',
        )) === 'cut',
    ).toBe(true);
  });
});
