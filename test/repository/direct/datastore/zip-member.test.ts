import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { zipMember, type ZipBytes } from '../../../../src/repository/direct/datastore/zip-member.ts';
import fc from '../../../sample.ts';
import { zipOf } from './zip-file.ts';

const signal = AbortSignal.timeout(20 * 60_000);
const refused = { code: 'NOT_FOUND' };

/** @param asked is told each range that is read */
function bytesOf(zip: Buffer, asked: (bytes: number) => void = () => undefined): ZipBytes {
  return {
    size: zip.length,
    read: async ({ start, end }) => {
      asked(end - start + 1);
      return Readable.from([zip.subarray(start, end + 1)]);
    },
  };
}

const content = randomBytes(300_000);
const members = [
  ['first.yaml', Buffer.from('first')],
  ['ü_1.fits', content],
  ['empty', Buffer.of()],
] as const;

describe.each([
  ['stored', false],
  ['deflated', true],
] as const)('a member that is %s', (_, deflated) => {
  const zip = zipOf(members, deflated);

  test('is taken out whole, and its size is known before', async () => {
    const member = await zipMember(bytesOf(zip), 'ü_1.fits', content.length, signal);
    expect(member?.size).toBe(content.length);
    expect(await buffer(await member!.open(null, signal))).toEqual(content);
    const empty = await zipMember(bytesOf(zip), 'empty', 0, signal);
    expect(await buffer(await empty!.open(null, signal))).toHaveLength(0);
    expect(await zipMember(bytesOf(zip), 'none', null, signal)).toBeNull();
  });

  test('is taken out in parts', async () => {
    const member = await zipMember(bytesOf(zip), 'ü_1.fits', null, signal);
    await fc.assert(
      fc.asyncProperty(fc.nat(content.length - 1), fc.nat(content.length - 1), async (a, b) => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) };
        const part = await buffer(await member!.open(range, signal));
        expect(part.equals(content.subarray(range.start, range.end + 1))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('is read without the rest of the zip', async () => {
    let bytes = 0;
    const member = await zipMember(
      bytesOf(zip, (size) => (bytes += size)),
      'first.yaml',
      null,
      signal,
    );
    expect((await buffer(await member!.open(null, signal))).toString()).toBe('first');
    expect(bytes).toBeLessThan(100_000);
  });
});

test('of two members with one name, the last is taken, as Python does', async () => {
  const zip = zipOf(
    [
      ['twice', Buffer.from('old')],
      ['twice', Buffer.from('new one')],
    ],
    false,
  );
  const member = await zipMember(bytesOf(zip), 'twice', null, signal);
  expect((await buffer(await member!.open(null, signal))).toString()).toBe('new one');
});

describe('a zip that means harm is refused', () => {
  test.each(['../outside', '/etc/passwd', 'a/../../outside', 'a\\..\\outside'])('with a member %s', async (name) => {
    const zip = zipOf([['member', Buffer.from('x')]], false);
    const hostile = zipOf(
      [
        [name, Buffer.from('x')],
        ['member', Buffer.from('x')],
      ],
      false,
    );
    expect(await zipMember(bytesOf(zip), name, null, signal)).toBeNull();
    await expect(zipMember(bytesOf(hostile), 'member', null, signal)).rejects.toMatchObject(refused);
  });

  test('with a member that unpacks to more than it says: it ends with an error', async () => {
    const bomb = zipOf([['bomb', Buffer.alloc(10 << 20)]], true);
    expect(bomb.length).toBeLessThan(20_000);
    // The size in the central directory, which is the last thing in a zip but for its end.
    const entry = bomb.lastIndexOf('PK\x01\x02');
    bomb.writeUInt32LE(1000, entry + 24);
    const member = await zipMember(bytesOf(bomb), 'bomb', 1000, signal);
    await expect(member!.open(null, signal).then(buffer)).rejects.toThrow(/too many bytes/);
  });

  test('with a member of another size than was recorded', async () => {
    const zip = zipOf(members, true);
    await expect(zipMember(bytesOf(zip), 'ü_1.fits', 5, signal)).rejects.toMatchObject(refused);
  });

  test('that is none, or cut off, or garbled', async () => {
    const zip = zipOf(members, true);
    for (const bytes of [Buffer.of(), Buffer.from('no zip'), zip.subarray(0, zip.length - 10)]) {
      await expect(zipMember(bytesOf(bytes), 'empty', null, signal)).rejects.toMatchObject(refused);
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(zip.length - 1), fc.nat(255), async (at, value) => {
        const garbled = Buffer.from(zip);
        garbled[at] = value;
        const found = await zipMember(bytesOf(garbled), 'first.yaml', 5, signal).catch((error: unknown) => error);
        if (found instanceof Error) expect(found).toMatchObject(refused);
      }),
      { numRuns: 100 },
    );
  });
});
