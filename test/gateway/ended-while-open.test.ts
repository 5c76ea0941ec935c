/** Rights that end while an answer is open: it ends too, however it is given. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Capabilities } from '../../src/access/capability.ts';
import { Revocations } from '../../src/access/revocations.ts';
import type { FileSource } from '../../src/repository/rows.ts';
import { openState } from '../../src/state/open.ts';
import type { State } from '../../src/state/state.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { EndlessRepository, offer, rawContent, uuidOf } from './small-repositories.ts';

/** More than what lies between a gateway and a client that does not read. */
const LARGE = 64 * 1024 * 1024;

/** Has large files. */
class LargeRepository extends EndlessRepository {
  file = '';

  override async fileSource(): Promise<FileSource> {
    return { kind: 'path', path: this.file, size: LARGE };
  }
}

const repository = new LargeRepository('dp1', rawContent(3, 'run'));
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let gateway: RunningGateway;
let state: State;
beforeAll(async () => {
  directory = await temporaryDirectory();
  repository.file = join(directory.path, 'large.fits');
  await writeFile(repository.file, Buffer.alloc(LARGE));
  const address = `sqlite:${join(directory.path, 'state.sqlite3')}`;
  gateway = await runGateway({
    offered: [offer(repository)],
    limits: { recheckSeconds: 1 },
    yaml: `state: ${JSON.stringify(address)}\nsatellites: {root: ${JSON.stringify(directory.path)}}`,
  });
  state = await openState(address, AbortSignal.timeout(60_000));
});
afterAll(async () => {
  await state.close();
  await gateway[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});
afterEach(() => vi.useRealTimers());

/** By an operator; gateways look again after a while. */
async function revokeTokensOf(user: string): Promise<void> {
  await new Revocations(state).revoke(user);
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + 20_000);
}

/** Takes a minute or two for all of it. */
async function readSlowly({ body }: Response): Promise<void> {
  for await (const _chunk of body!) await new Promise((resolve) => setTimeout(resolve, 100));
}

const bearer = async (user: string) => ({ authorization: `Bearer ${await gateway.token(user)}` });

test('an export says at its end that the token was revoked', async () => {
  const answer = await gateway.fetch('/export', {
    method: 'POST',
    headers: { ...(await bearer('exporter')), 'content-type': 'application/json' },
    body: JSON.stringify({ field: 'datasets', arguments: { datasetTypes: ['raw'], collections: ['run'] } }),
  });
  await revokeTokensOf('exporter');
  const lines = (await answer.text()).trim().split('\n');
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
});

test('a download breaks off when the token is revoked', async () => {
  const answer = await gateway.fetch(`/files/dp1/${uuidOf(1)}/large.fits`, { headers: await bearer('reader') });
  expect(answer.headers.get('content-length')).toBe(String(LARGE));
  await revokeTokensOf('reader');
  await expect(readSlowly(answer)).rejects.toThrow();
});

test('a download by a capability breaks off when capabilities are rotated', async () => {
  const { data, errors } = await gateway.ask(
    'mutation {createSatellite(input: {name: "caps", official: "dp1", capabilityUrls: true}) {satellite {name}}}',
  );
  expect([data, errors]).toEqual([{ createSatellite: { satellite: { name: 'caps' } } }, undefined]);
  const [row] = await state.database.all(
    sql`SELECT id FROM ${state.database.table('satellite')} WHERE name = 'caps'`,
    AbortSignal.timeout(60_000),
  );
  const grant = { satelliteId: String(row![0]), version: 1, repository: 'dp1', uuid: uuidOf(1) };
  const address = `${gateway.url}/files/dp1/~${Capabilities.of(state.secret).mint(grant)}/${uuidOf(1)}/large.fits`;
  const answer = await fetch(address);
  expect(answer.status).toBe(200);
  expect(
    (await gateway.ask('mutation {rotateSatelliteCapability(input: {satellite: "caps"}) {satellite {name}}}')).errors,
  ).toBeUndefined();
  await expect(readSlowly(answer)).rejects.toThrow();
  expect((await fetch(address)).status).toBe(403);
});

test('an address that get_file gave opens nothing more when the tokens of whom it was given to are revoked', async () => {
  await gateway.fetch(`/files/dp1/${uuidOf(1)}/large.fits`, { method: 'HEAD', headers: await bearer('keeper') });
  const issued = Math.floor(Date.now() / 1000);
  const reading = { username: 'keeper', repository: 'dp1', uuid: uuidOf(1), issued };
  const address = `${gateway.url}/files/dp1/~${Capabilities.of(state.secret).mintReading(reading)}/${uuidOf(1)}/large.fits`;
  expect((await fetch(address, { method: 'HEAD' })).status).toBe(200);
  await revokeTokensOf('keeper');
  expect((await fetch(address, { method: 'HEAD' })).status).toBe(403);
});
