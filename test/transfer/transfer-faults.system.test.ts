/** Transfers that are killed, and sources that break. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../stack/free-port.ts';
import { startOfficial, type Official } from '../../stack/official.ts';
import type { Json } from '../../src/jobs/job.ts';
import type { FileSource } from '../../src/repository/rows.ts';
import { RemoteRepository } from '../../src/repository/remote/remote-repository.ts';
import { dumpRegistry } from './registry-dump.ts';
import { TransferWorld } from './transfer-world.ts';

const PROGRAM = fileURLToPath(new URL('transfer-process.ts', import.meta.url));
/** As in transfer-process.ts. */
const SELECTION = {
  search: { datasetTypes: ['metrics_composite', 'defects'], collections: ['defaults'], findFirst: false },
};

let directory: string;
let official: Official;
let source: RemoteRepository;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faults-'));
  official = await startOfficial(join(directory, 'official'));
  source = new RemoteRepository({ name: 'dp1', url: official.url, token: { fixed: undefined } });
});
afterAll(async () => {
  await source.close();
  await official.stop();
  await rm(directory, { recursive: true });
});

/** @returns the signal that ended it, or null */
async function transferProcess(world: TransferWorld, mode: string, failpoint: string): Promise<string | null> {
  const child = spawn(
    process.execPath,
    [PROGRAM, world.directory, official.url, mode, join(world.directory, 'steps')],
    {
      env: { ...process.env, SATELLITE_FAILPOINT: failpoint },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code !== null && code !== 0) throw new Error(`the transfer ended with status ${code}`);
  return signal;
}

describe('A transfer whose process is killed goes on and gives the same', () => {
  const expected = new Map<string, unknown>();

  test.each([
    ['REFERENCE', 'transfer:before-dimension-records'],
    ['REFERENCE', 'transfer:before-datasets'],
    ['REFERENCE', 'transfer:after-datasets'],
    ['REFERENCE', 'transfer:before-collections'],
    ['COPY', 'copy:in-file:20'],
    ['COPY', 'copy:before-rows'],
  ] as const)('%s, killed at %s', async (mode, failpoint) => {
    if (!expected.has(mode)) {
      await using whole = await TransferWorld.over([source]);
      await whole.transfer(SELECTION, { mode });
      expected.set(mode, dumpRegistry(whole.root));
    }
    await using world = await TransferWorld.over([source]);
    expect(await transferProcess(world, mode, failpoint)).toBe('SIGKILL');
    expect(await transferProcess(world, mode, '')).toBeNull();
    expect(dumpRegistry(world.root)).toEqual(expected.get(mode));
  });
});

describe('A source that breaks', () => {
  test('leaves a transfer that goes on when it is back', async () => {
    await using whole = await TransferWorld.over([source]);
    await whole.transfer(SELECTION);
    await using world = await TransferWorld.over([source]);
    const steps = new InterruptedAfter('plan:0');
    const away = new RemoteRepository({
      name: 'dp1',
      url: `http://127.0.0.1:${await freePort()}/api/butler/repo/dp1`,
      token: { fixed: undefined },
      limits: { retrySeconds: 0 },
    });
    await expect(world.transfer(SELECTION, { steps })).rejects.toThrow('interrupted');
    world.offer(away);
    await expect(world.transfer(SELECTION, { steps })).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    world.offer(source);
    await world.transfer(SELECTION, { steps });
    expect(dumpRegistry(world.root)).toEqual(dumpRegistry(whole.root));
    await away.close();
  });

  test('in the middle of files is asked for the rest, and wrong bytes are never kept', async () => {
    await using whole = await TransferWorld.over([source]);
    await whole.transfer(SELECTION, { mode: 'COPY' });
    let tries = 0;
    // The first answer for each file breaks off in its middle.
    const breaking = createServer((request, response) => {
      void (async () => {
        const address = decodeURIComponent(request.url!.slice(1));
        const bytes = Buffer.from(await (await fetch(address)).arrayBuffer());
        const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
        tries += 1;
        const headers = { 'content-length': bytes.length - start, etag: '"same"' };
        if (start > 0) {
          response.writeHead(206, {
            ...headers,
            'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
          });
          response.end(bytes.subarray(start));
        } else {
          response.writeHead(200, headers);
          response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => response.destroy());
        }
      })();
    }).listen(0, '127.0.0.1');
    await once(breaking, 'listening');
    const { port } = breaking.address() as AddressInfo;
    await using world = await TransferWorld.over([source]);
    world.offer(
      new Proxy(source, {
        get: (target, key) => {
          if (key !== 'fileSource') {
            const value: unknown = Reflect.get(target, key, target);
            return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
          }
          return async (...given: Parameters<RemoteRepository['fileSource']>): Promise<FileSource | null> => {
            const found = await target.fileSource(...given);
            if (found?.kind !== 'url') return found;
            return { ...found, url: `http://127.0.0.1:${port}/${encodeURIComponent(found.url)}` };
          };
        },
      }),
    );
    await world.transfer(SELECTION, { mode: 'COPY' });
    breaking.close();
    expect(tries).toBeGreaterThan(20);
    expect(dumpRegistry(world.root)).toEqual(dumpRegistry(whole.root));
  });
});

/** Steps of a job, which is interrupted when one of them is done. */
class InterruptedAfter extends Map<string, Json> {
  readonly #last: string;

  constructor(last: string) {
    super();
    this.#last = last;
  }

  override set(name: string, result: Json): this {
    super.set(name, result);
    if (name === this.#last) throw new Error('interrupted');
    return this;
  }
}
