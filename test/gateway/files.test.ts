import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileSource } from '../../src/repository/rows.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { bytesOf, FilesRepository, offer, rawContent, uuidOf } from './small-repositories.ts';

const signed = new FilesRepository('dp1', rawContent(2, 'official'));
const local = new FilesRepository('own', rawContent(2, 'mine', 1));
const OWN = uuidOf(1, 1);
const stored = new FilesRepository('stored', rawContent(2, 'stored', 2));
const STORED = uuidOf(1, 2);
const TAG = `"${STORED}-${bytesOf(STORED).length}"`;
/** Knows no tags but its own, and gives parts of the file. */
const store = createServer((request, response) => {
  const bytes = bytesOf(STORED);
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const part = first === undefined ? bytes : bytes.slice(Number(first), Number(last) + 1);
  if (first !== undefined) response.setHeader('content-range', `bytes ${first}-${last}/${bytes.length}`);
  response.writeHead(first === undefined ? 200 : 206, { etag: '"its own"', 'content-length': part.length }).end(part);
});
let gateway: RunningGateway;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  local.directory = directory.path;
  await once(store.listen(0, '127.0.0.1'), 'listening');
  const { port } = store.address() as AddressInfo;
  stored.fileSource = async (): Promise<FileSource> => {
    return { kind: 'url', url: `http://127.0.0.1:${port}/`, size: bytesOf(STORED).length };
  };
  gateway = await runGateway({ offered: [offer(signed), offer(local, 'alice'), offer(stored)] });
});
afterAll(async () => {
  store.close();
  await gateway[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

/** Path of the permanent address that GraphQL gives. */
async function addressOf(uuid: string): Promise<string> {
  const { data } = await gateway.ask('query Q($uuid: UUID!) {dataset(uuid: $uuid) {files {url size}}}', { uuid });
  const { url, size } = data.dataset.files[0] as { url: string; size: number };
  expect(size).toBe(bytesOf(uuid).length);
  expect(url.startsWith(`${gateway.url}/files/`)).toBe(true);
  return url.slice(gateway.url.length);
}

describe('a file on this disk', () => {
  test('is given as it is, under an address with its name', async () => {
    const address = await addressOf(OWN);
    expect(address).toBe(`/files/own/${OWN}/a%20file.fits`);
    const answer = await gateway.fetch(address);
    expect(await answer.text()).toBe(bytesOf(OWN));
    expect(answer.headers.get('etag')).toBe(`"${OWN}-${bytesOf(OWN).length}"`);
  });

  test('is given in parts', async () => {
    const answer = await gateway.fetch(await addressOf(OWN), { headers: { range: 'bytes=6-8' } });
    expect(answer.status).toBe(206);
    expect(await answer.text()).toBe(bytesOf(OWN).slice(6, 9));
    expect(answer.headers.get('content-range')).toBe(`bytes 6-8/${bytesOf(OWN).length}`);
  });

  test('is not given again to whoever has it', async () => {
    const headers = { 'if-none-match': `"${OWN}-${bytesOf(OWN).length}"` };
    expect((await gateway.fetch(await addressOf(OWN), { headers })).status).toBe(304);
  });
});

test('a file at a signed address is reached by a redirect that nobody keeps', async () => {
  const answer = await gateway.fetch(await addressOf(uuidOf(2)));
  expect(answer.status).toBe(307);
  expect(answer.headers.get('location')).toBe(`https://store.example/${uuidOf(2)}?signature=secret`);
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

describe('a file at a signed address', () => {
  test.each(['if-range', 'if-match'])(
    'is given in parts here with %s and the tag that HEAD told',
    async (condition) => {
      const headers = { range: 'bytes=6-8', [condition]: TAG };
      const answer = await gateway.fetch(await addressOf(STORED), { headers });
      expect(answer.status).toBe(206);
      expect(await answer.text()).toBe(bytesOf(STORED).slice(6, 9));
    },
  );

  test.each(['if-range', 'if-match'])('is its store’s to judge with %s and the store’s own tag', async (condition) => {
    const headers = { range: 'bytes=6-8', [condition]: '"its own"' };
    expect((await gateway.fetch(await addressOf(STORED), { headers })).status).toBe(307);
  });
});

test.each([
  ['HEAD', OWN, { 'if-none-match': `W/"b", W/"${OWN}-${bytesOf(OWN).length}"` }, 304],
  ['HEAD', STORED, { 'if-none-match': TAG }, 304],
  ['HEAD', STORED, { 'if-match': TAG }, 200],
  ['HEAD', STORED, { 'if-match': '"other"' }, 412],
  ['GET', OWN, { 'if-match': '"other"' }, 412],
  ['GET', OWN, { 'if-match': '*' }, 200],
])('%s of %s under the condition %j is %d', async (method, uuid, headers, status) => {
  expect((await gateway.fetch(await addressOf(uuid), { method, headers: { ...headers } })).status).toBe(status);
});

test.each([OWN, uuidOf(2)])('HEAD of %s is answered here, with size and ranges', async (uuid) => {
  const answer = await gateway.fetch(await addressOf(uuid), { method: 'HEAD' });
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-length': String(bytesOf(uuid).length),
    'accept-ranges': 'bytes',
    etag: `"${uuid}-${bytesOf(uuid).length}"`,
  });
  expect(answer.headers.has('location')).toBe(false);
});

test.each([
  ['an unknown dataset', `/files/own/${uuidOf(77)}/x`],
  ['an unknown component', `/files/own/${OWN}/x?component=mask`],
  ['something that is not a UUID', '/files/own/..%2f..%2fetc/passwd'],
  ['an unknown repository', `/files/other/${OWN}/x`],
])('%s is not found', async (_what, address) => {
  const answer = await gateway.fetch(address);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
});

test('a file of somebody else’s repository is not found, as if it were not there', async () => {
  const headers = { authorization: `Bearer ${await gateway.token('bob')}` };
  const theirs = await gateway.fetch(`/files/own/${OWN}/x`, { headers });
  const none = await gateway.fetch(`/files/xyz/${OWN}/x`, { headers });
  expect(theirs.status).toBe(404);
  expect((await theirs.text()).replaceAll('own', 'xyz')).toBe((await none.text()).replaceAll('own', 'xyz'));
});
