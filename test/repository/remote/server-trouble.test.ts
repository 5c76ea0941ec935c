import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OrderExpression } from '../../../src/butler/query/expression.ts';
import type { RemoteRepository } from '../../../src/repository/remote/remote-repository.ts';
import { readNested } from '../../../src/repository/nested-reads.ts';
import type { QueryContext } from '../../../src/repository/repository.ts';
import { FakeServer, detectors, json, lines } from './fake-server.ts';
import { asUser } from './official-server.ts';
import { dataIdsSpec, field, key, overDimensions, rowsOf } from './queries.ts';

const alice = asUser('alice');
let fake: FakeServer;
let repository: RemoteRepository;

beforeEach(async () => {
  fake = await FakeServer.start();
  repository = fake.open();
});
afterEach(async () => {
  await fake[Symbol.asyncDispose]();
});

async function ask(ctx: QueryContext = alice, limit: number | null = 3) {
  const detector = (await repository.universe(ctx)).conform(['detector']);
  return rowsOf(repository, overDimensions(detector), dataIdsSpec(detector, { limit }), ctx);
}

const busy = (status: number, headers: Readonly<Record<string, string>> = {}) =>
  json(status, { detail: 'busy' }, headers);

describe('a server that has too much to do', () => {
  it('is asked again after the time that it asks for', async () => {
    fake.on(
      'query/execute',
      busy(503, { 'retry-after': '0' }),
      busy(429, { 'retry-after': '1' }),
      lines(detectors(0, 3)),
    );
    expect(await ask()).toHaveLength(3);
    expect(fake.countOf('query/execute')).toBe(3);
  });

  it('is left alone when it would take longer than the limit, and the error says for how long', async () => {
    fake.on('query/execute', busy(429, { 'retry-after': '1000' }));
    await expect(ask()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 1000, repository: 'fake' });
    fake.on('query/execute', busy(503, { 'retry-after': new Date(Date.now() + 1e6).toUTCString() }));
    await expect(ask()).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      retryAfter: expect.any(Number) as number,
    });
    expect(fake.countOf('query/execute')).toBe(2);
  });

  it('is not asked again where it does not invite to', async () => {
    fake.on('query/execute', busy(503));
    await expect(ask()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(fake.countOf('query/execute')).toBe(1);
  });

  it('is not waited for by a client who has gone', async () => {
    const controller = new AbortController();
    const gone = new Error('client gone');
    fake.on('query/execute', (response, request) => {
      busy(429, { 'retry-after': '60' })(response, request) as void;
      response.on('finish', () =>
        setImmediate(() => {
          controller.abort(gone);
        }),
      );
    });
    await expect(ask(asUser('alice', controller.signal))).rejects.toBe(gone);
  });
});

describe('files that a server tells of', () => {
  const uuid = '0192e1f0-0000-7000-8000-000000000001';
  const info = { path: 'a/b.fits', formatter: 'f', storage_class: 's', component: null, checksum: null, file_size: -1 };
  const files = (of: unknown) => json(200, { files: of });

  it('are taken where they are as the protocol says', async () => {
    fake.on('file_transfer', files({ [uuid]: [{ url: 'http://a', auth: 'none', file_info: info }] }));
    const { path, formatter } = info;
    const record = {
      path,
      formatter,
      fileName: 'b.fits',
      storageClass: 's',
      component: null,
      checksum: null,
      size: null,
    };
    expect(await repository.files([uuid], alice)).toEqual(new Map([[uuid, [record]]]));
  });

  it.each<{ what: string; of: unknown }>([
    { what: 'no files', of: null },
    { what: 'files without a list', of: { [uuid]: info } },
    { what: 'files without information', of: { [uuid]: [{ url: 'http://a' }] } },
    { what: 'a missing path', of: { [uuid]: [{ file_info: { ...info, path: undefined } }] } },
    { what: 'a size in words', of: { [uuid]: [{ file_info: { ...info, file_size: '1 kB' } }] } },
  ])('are refused where they are not: $what', async ({ of }) => {
    fake.on('file_transfer', files(of));
    await expect(repository.files([uuid], alice)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});

describe('what a token is good for', () => {
  it('goes to the configured server only, also when that sends us elsewhere', async () => {
    await using other = await FakeServer.start();
    fake.on('query/execute', (response) => {
      response.writeHead(307, { location: `${other.origin}/api/butler/repo/fake/v1/query/execute` }).end();
    });
    await expect(ask()).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(other.asked).toEqual([]);
  });

  it("is the caller's own, or the configured one, or none", async () => {
    fake.on('query/any', json(200, { found_rows: true }));
    const authorizationOf = async (opened: RemoteRepository) => {
      const universe = await opened.universe(alice);
      await opened.any(overDimensions(universe.conform(['detector'])), alice);
      return fake.asked.at(-1)!.headers.authorization;
    };
    expect(await authorizationOf(fake.open())).toBe('Bearer gt-alice');
    expect(await authorizationOf(fake.open({ token: { fixed: 'gt-service' } }))).toBe('Bearer gt-service');
    expect(await authorizationOf(fake.open({ token: { fixed: undefined } }))).toBeUndefined();
    expect(fake.asked.at(-1)!.headers['x-butler-client-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('decides what is kept for whom: answers that depend on rights are not shared between users', async () => {
    fake.on('query_dataset_types', json(200, { dataset_types: [], missing: [] }));
    const times = async (opened: RemoteRepository) => {
      const before = fake.countOf('query_dataset_types');
      for (const name of ['alice', 'bob', 'alice']) await opened.datasetTypes(asUser(name));
      return fake.countOf('query_dataset_types') - before;
    };
    expect(await times(fake.open())).toBe(2);
    expect(await times(fake.open({ token: { fixed: 'gt-service' } }))).toBe(1);
  });
});

describe('what a server says in place of an answer', () => {
  it.each([
    [401, { detail: 'x' }, 'UNAUTHENTICATED'],
    [403, { detail: 'x' }, 'FORBIDDEN'],
    [404, { detail: "Unknown repository 'nope'" }, 'UPSTREAM_UNAVAILABLE'],
    [422, { error_type: 'missing_collection', detail: 'No collection x' }, 'MISSING_COLLECTION'],
    [422, { error_type: 'unknown', detail: 'x' }, 'INVALID_QUERY'],
    [422, { detail: [{ type: 'missing', loc: ['body'], msg: 'Field required', input: {} }] }, 'INVALID_QUERY'],
    [422, { detail: 'Required X-Auth-Request-User header was not provided' }, 'UPSTREAM_UNAVAILABLE'],
    [500, 'Internal Server Error', 'UPSTREAM_UNAVAILABLE'],
    [200, { neither: 'this' }, 'UPSTREAM_UNAVAILABLE'],
  ])('status %i with %j is %s', async (status, body, code) => {
    fake.on('query/any', json(status, body));
    const universe = await repository.universe(alice);
    await expect(repository.any(overDimensions(universe.empty), alice)).rejects.toMatchObject({ code });
  });

  it('is an error in the middle of a stream, with its type', async () => {
    const error = { error_type: 'calibration_lookup', detail: 'Ambiguous' };
    fake.on('query/execute', lines(detectors(0, 2), { type: 'error', error }));
    await expect(ask()).rejects.toMatchObject({ code: 'CALIBRATION_LOOKUP', message: 'Ambiguous' });
  });

  it('does not show in messages: no address and no token', async () => {
    const closed = await FakeServer.start();
    repository = closed.open();
    await closed[Symbol.asyncDispose]();
    const error = await ask().catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(String(error)).not.toMatch(/127\.0\.0\.1|gt-/);
  });
});

describe('streams', () => {
  /** A stream that stands still after its first page until it is let go. */
  function held(): { readonly started: Promise<ServerResponse>; readonly letGo: () => void } {
    const started = Promise.withResolvers<ServerResponse>();
    const go = Promise.withResolvers<void>();
    fake.on(
      'query/execute',
      async (response) => {
        response.writeHead(200).write(`${JSON.stringify(detectors(0, 1))}\n`);
        started.resolve(response);
        await go.promise;
        response.end(`${JSON.stringify(detectors(1, 2))}\n`);
      },
      lines(detectors(0, 3)),
    );
    return {
      started: started.promise,
      letGo: () => {
        go.resolve();
      },
    };
  }

  it('may be silent but for keep-alive lines', async () => {
    const alive = { type: 'keep-alive' };
    fake.on('query/execute', lines(alive, detectors(0, 2), alive, alive, detectors(2, 1), alive));
    expect(await ask()).toHaveLength(3);
  });

  it('run one at a time for a user, without keeping another user waiting', async () => {
    const { started, letGo } = held();
    const first = ask();
    await started;
    const second = ask();
    expect(await ask(asUser('bob'))).toHaveLength(3);
    expect(fake.countOf('query/execute')).toBe(2);
    letGo();
    expect(await first).toHaveLength(3);
    expect(await second).toHaveLength(3);
  });

  it('leave their user another for what is read meanwhile for the same answer', async () => {
    const { started, letGo } = held();
    const outer = ask();
    await started;
    expect(await readNested(() => ask())).toHaveLength(3);
    letGo();
    expect(await outer).toHaveLength(3);
  });

  it('end when the consumer stops early, and when the client goes', async () => {
    const detector = (await repository.universe(alice)).conform(['detector']);
    let { started } = held();
    for await (const page of repository.query(overDimensions(detector), dataIdsSpec(detector), alice)) {
      expect(page.rows).toHaveLength(1);
      break;
    }
    const stopped = await started;
    if (!stopped.closed) await once(stopped, 'close');
    ({ started } = held());
    const controller = new AbortController();
    const gone = ask(asUser('alice', controller.signal));
    const response = await started;
    controller.abort(new Error('client gone'));
    await expect(gone).rejects.toThrow('client gone');
    if (!response.closed) await once(response, 'close');
    expect(await ask()).toHaveLength(3);
  });

  it('do not wait for a consumer who thinks, so that its next query can run', async () => {
    const detector = (await repository.universe(alice)).conform(['detector']);
    fake.on('query/execute', lines(detectors(0, 2), detectors(2, 2), detectors(4, 1)));
    const spec = dataIdsSpec(detector, { limit: 10 });
    const pages = repository.query(overDimensions(detector), spec, alice)[Symbol.asyncIterator]();
    expect((await pages.next()).value!.rows).toHaveLength(2);
    expect(await ask(alice, 10)).toHaveLength(5);
    expect((await pages.next()).value!.rows).toHaveLength(2);
    expect((await pages.next()).value!.rows).toHaveLength(1);
    expect((await pages.next()).done).toBe(true);
  });
});

describe('a walk that reads ahead', () => {
  it('makes room for another query of its user, and goes on after it', async () => {
    const detector = (await repository.universe(alice)).conform(['detector']);
    const query = overDimensions(detector);
    const page = async (after?: number) => {
      const options = { positions: true, ...(after !== undefined && { after: { fake: ['FakeCam', after] } }) };
      return rowsOf(repository, query, dataIdsSpec(detector, { limit: 2000 }), alice, options);
    };
    const go = Promise.withResolvers<void>();
    fake.on(
      'query/execute',
      lines(detectors(0, 2000)),
      async (response) => {
        for (let i = 1; i < 5; i += 1) response.write(`${JSON.stringify(detectors(2000 * i, 2000))}\n`);
        await go.promise;
        // The sixth page comes when the other query waits; the stream has no end.
        response.write(`${JSON.stringify(detectors(10_000, 2000))}\n`);
      },
      lines(detectors(0, 3)),
      lines(detectors(12_000, 5)),
    );
    expect(await page()).toHaveLength(2000);
    expect(await page(1999)).toHaveLength(2000);
    const other = ask(alice, 3);
    go.resolve();
    expect(await other).toHaveLength(3);
    expect(await page(9999)).toHaveLength(2000);
    expect((await page(11_999)).map((row) => row.values[1])).toEqual([12_000, 12_001, 12_002, 12_003, 12_004]);
    expect(fake.countOf('query/execute')).toBe(4);
  });
});

describe('an order by a column with rows without a value, on a database that sorts them last (PostgreSQL)', () => {
  const raft = field('detector', 'raft');

  it('is served in two parts, those without a value first', async () => {
    const detector = (await repository.universe(alice)).conform(['detector']);
    const general = (...rows: unknown[]) => lines({ type: 'general', rows });
    fake.on('query/any', json(200, { found_rows: true }));
    fake.on(
      'query/execute',
      general(['FakeCam', 1, 'A']), // the first row of all in the database's order
      general(['FakeCam', 3, null]),
      general(['FakeCam', 1, 'A'], ['FakeCam', 2, 'B']),
    );
    const spec = dataIdsSpec(detector, { orderBy: [raft, ...dataIdsSpec(detector).orderBy], limit: 10 });
    const rows = await rowsOf(repository, overDimensions(detector), spec, alice, { positions: true });
    expect(rows.map((row) => row.values[1])).toEqual([3, 1, 2]);
  });

  it('is rearranged where another column comes first, in both directions', async () => {
    const detector = (await repository.universe(alice)).conform(['detector']);
    fake.on('query/any', json(200, { found_rows: true }));
    const probed = lines({ type: 'general', rows: [['B', 1, 'A']] });
    const orders = async (raftTerm: OrderExpression, rows: unknown[], limit: number) => {
      fake.on('query/execute', probed, lines({ type: 'general', rows }));
      const spec = dataIdsSpec(detector, { orderBy: [key('instrument'), raftTerm, key('detector')], limit });
      const given = await rowsOf(fake.open(), overDimensions(detector), spec, alice, { positions: true });
      return given.map((row) => row.values[1]);
    };
    const up = [
      ['B', 1, 'A'],
      ['B', 2, null],
      ['B', 3, null],
      ['C', 4, 'A'],
      ['C', 5, 'B'],
      ['C', 6, null],
    ];
    expect(await orders(raft, up, 10)).toEqual([2, 3, 1, 6, 4, 5]);
    expect(await orders(raft, up, 4)).toEqual([2, 3, 1, 6]);
    const down = [
      ['B', 2, null],
      ['B', 3, null],
      ['B', 1, 'A'],
      ['C', 6, null],
      ['C', 5, 'B'],
      ['C', 4, 'A'],
    ];
    expect(await orders({ type: 'reversed', operand: raft }, down, 10)).toEqual([1, 2, 3, 5, 4, 6]);
  });

  it('needs no care after the whole data ID, which decides alone', async () => {
    const detector = (await repository.universe(alice)).conform(['detector']);
    fake.on('query/execute', lines(detectors(0, 3)));
    const spec = dataIdsSpec(detector, { orderBy: [...dataIdsSpec(detector).orderBy, raft], limit: 10 });
    expect(await rowsOf(repository, overDimensions(detector), spec, alice, { positions: true })).toHaveLength(3);
    expect(fake.countOf('query/any')).toBe(0);
  });
});
