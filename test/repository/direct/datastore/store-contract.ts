/** What every artifact store must do, whatever it is made of. */
import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { ArtifactStore } from '../../../../src/repository/direct/datastore/artifact-store.ts';
import fc from '../../../sample.ts';

export const signal = AbortSignal.timeout(20 * 60_000);

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The bytes in chunks, as they come over a network. */
export async function* chunks(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function* breakingOff(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* chunks(bytes);
  throw new Error('the source broke off');
}

/** Paths that must be refused, in the spellings that one meets. */
const HOSTILE = [
  '..',
  '../outside',
  'run/../../outside',
  'run/..',
  './../outside',
  '/etc/passwd',
  '//etc/passwd',
  'file:///etc/passwd',
  's3://bucket/key',
  'C:\\windows',
  'run\\..\\..\\outside',
  '%2e%2e/outside',
  'run/%2E%2E%2foutside',
  'run/%00',
  'run/\0name',
  'run/new\nline',
  '．．/outside',
  'run/‥/outside',
  'run/a／b',
  'run/…/x',
  `run/${'x'.repeat(256)}`,
  `run/${'é'.repeat(128)}`,
  'd/'.repeat(600) + 'x',
  '',
  '.',
  './',
  'run/',
  'run/\ud800',
  'butler.yaml',
  'Butler.YAML',
  './butler.yaml',
  'gen3.sqlite3',
  'gen3.sqlite3-journal',
  'run/.satellite-0',
];

async function paths(store: ArtifactStore, directory = ''): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of store.list(directory, signal)) found.push(path);
  return found.sort();
}

/** @param outside what lies beside the root, to be unchanged by everything */
export function describeArtifactStore(open: () => ArtifactStore, outside: () => Promise<unknown>): void {
  const write = (path: string, bytes: Uint8Array) =>
    open().write(path, chunks(bytes), { size: bytes.length, sha256: sha256(bytes) }, signal);
  const read = async (path: string) => buffer(await open().read(path, null, signal));

  describe('a file', () => {
    test('is read as it was written, its size told', async () => {
      const bytes = randomBytes(70_000);
      const stored = { path: 'run 1/a#b/ü+&=?.fits', size: bytes.length };
      expect(await write('run 1//a#b/ü+&=?.fits', bytes)).toEqual(stored);
      expect(await open().stat('run 1/a#b/ü+&=?.fits', signal)).toEqual(stored);
      expect(await read('run 1//./a#b/ü+&=?.fits')).toEqual(bytes);
      const content = { size: bytes.length, sha256: sha256(bytes) };
      expect(await open().measure('run 1//./a#b/ü+&=?.fits', signal)).toEqual(content);
      await expect(open().measure('run 1/none', signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('may be empty', async () => {
      expect((await open().write('run/empty', chunks(new Uint8Array()), {}, signal)).size).toBe(0);
      expect(await read('run/empty')).toHaveLength(0);
    });

    test('is given in parts', async () => {
      const bytes = randomBytes(5000);
      await write('run/parts', bytes);
      const part = await open().read('run/parts', { start: 100, end: 199 }, signal);
      expect(await buffer(part)).toEqual(bytes.subarray(100, 200));
    });

    test('takes the place of one with its name', async () => {
      await write('run/again', randomBytes(5000));
      const bytes = randomBytes(10);
      await write('run/again', bytes);
      expect(await read('run/again')).toEqual(bytes);
    });

    test('that is not there has no size and no source, and cannot be read', async () => {
      expect(await open().stat('run/none', signal)).toBeNull();
      expect(await open().stat('none/none', signal)).toBeNull();
      expect(await open().source('run/none', signal)).toBeNull();
      await expect(open().read('run/none', null, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('goes when it is removed, and removing it again is no error', async () => {
      await write('gone/deep/one', randomBytes(10));
      await write('gone/two', randomBytes(10));
      await open().remove(['gone/deep/one', 'gone/deep/never'], signal);
      expect(await paths(open(), 'gone')).toEqual(['gone/two']);
      await open().remove(['gone/deep/one', 'gone/two'], signal);
      expect(await paths(open(), 'gone')).toEqual([]);
    });

    test('is listed below its directory only', async () => {
      for (const path of ['list/a', 'list/b/c', 'list-not/d']) await write(path, randomBytes(3));
      expect(await paths(open(), 'list')).toEqual(['list/a', 'list/b/c']);
      expect(await paths(open())).toEqual(expect.arrayContaining(['list/a', 'list/b/c', 'list-not/d']));
    });
  });

  describe('of bytes that are not all right, nothing is kept:', () => {
    const bytes = randomBytes(3000);
    const good = { size: bytes.length, sha256: sha256(bytes) };
    test.each([
      ['too few', bytes.subarray(0, 2999), good],
      ['too many', Buffer.concat([bytes, bytes]), good],
      ['others', randomBytes(3000), good],
    ])('%s', async (_, sent, expected) => {
      await expect(open().write('bad/file', chunks(sent), expected, signal)).rejects.toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
      });
      expect(await paths(open(), 'bad')).toEqual([]);
    });

    test('the source breaks off', async () => {
      await expect(open().write('bad/file', breakingOff(bytes), {}, signal)).rejects.toThrow('the source broke off');
      expect(await paths(open(), 'bad')).toEqual([]);
    });

    test('nobody wants them any more', async () => {
      const gone = new AbortController();
      async function* slow() {
        yield bytes;
        gone.abort(new Error('gone'));
        yield bytes;
      }
      await expect(open().write('bad/file', slow(), {}, gone.signal)).rejects.toThrow('gone');
      expect(await paths(open(), 'bad')).toEqual([]);
    });
  });

  describe('a path that leads out of the root is refused before anything is touched', () => {
    const refusal = { code: 'BAD_USER_INPUT' };
    const refuses = async (path: string) => {
      let asked = false;
      const bytes = (async function* () {
        asked = true;
        yield randomBytes(1);
      })();
      await expect(open().write(path, bytes, {}, signal)).rejects.toMatchObject(refusal);
      expect(asked).toBe(false);
      await expect(open().read(path, null, signal)).rejects.toMatchObject(refusal);
      await expect(open().stat(path, signal)).rejects.toMatchObject(refusal);
      await expect(open().source(path, signal)).rejects.toMatchObject(refusal);
      await expect(open().remove([path], signal)).rejects.toMatchObject(refusal);
      await expect(open().signedUpload(path, { size: 1, sha256: '00' })).rejects.toMatchObject(refusal);
    };

    test.each(HOSTILE.map((path) => [JSON.stringify(path).slice(0, 60), path] as const))('%s', async (_, path) => {
      const before = await outside();
      await refuses(path);
      expect(await outside()).toEqual(before);
    });

    test('whatever it is made of', async () => {
      const before = await outside();
      const name = fc.constantFrom(
        '..',
        '.',
        '',
        'a',
        'run',
        '%2e%2e',
        '%2F',
        '\\',
        '\0',
        '．．',
        '~',
        ' ',
        '..a',
        'x..',
      );
      await fc.assert(
        fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 5 }), async (names) => {
          const path = names.join('/');
          const size = await open()
            .stat(path, signal)
            .catch((error: unknown) => error);
          if (size !== null) expect(size).toMatchObject(refusal);
          else expect(names).not.toContain('..');
        }),
        { numRuns: 100 },
      );
      expect(await outside()).toEqual(before);
    });
  });
}
