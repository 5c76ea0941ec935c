/** What is left open of a zip that is refused: nothing. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { PackError } from '../../src/publish/packs/pack-format.ts';
import { verifyMembers, type LaidOutMember } from '../../src/publish/packs/verify-members.ts';

const MEMBER = { name: 'manifest.jsonl', size: 5, compressed: 5, isConfig: false };

test.each([
  ['has two members in one place, before anything of it is read', [0, 0]],
  ['has too little room for a member', [0, 20]],
  ['has no member where its directory says', [0, 100]],
])('a zip that %s is closed', async (_what, starts) => {
  const opened: Readable[] = [];
  const zip = {
    size: 1000,
    read: async () => {
      const stream = Readable.from([Buffer.alloc(1000)], { objectMode: false });
      opened.push(stream);
      return stream;
    },
  };
  const members = async function* (): AsyncGenerator<readonly LaidOutMember[]> {
    yield starts.map((start) => ({ ...MEMBER, start }));
  };
  const verifying = verifyMembers(zip, members(), 900, () => Promise.resolve(), AbortSignal.timeout(60_000));
  await expect(verifying).rejects.toThrow(PackError);
  expect(opened.map(({ destroyed }) => destroyed)).toEqual([true]);
});
