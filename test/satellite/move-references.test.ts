import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Capabilities } from '../../src/access/capability.ts';
import type { WriteableRepository } from '../../src/repository/writeable-repository.ts';
import { moveReferences } from '../../src/satellite/move-references.ts';
import type { OpenSatellite } from '../../src/satellite/satellite.ts';

const UUID = '0195c2b1-7f3e-7b1a-9c00-1234567890ab';
const OLD = 'http://127.0.0.1:8080';
const NEW = 'https://rsp.example.org/api/satellite';
const capabilities = new Capabilities(randomBytes(32));
const settings = { publicUrl: NEW, ownUrls: [NEW, OLD], mintCapability: capabilities.mint.bind(capabilities) };
const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(600_000) };

/** Moves the references in a repository that holds nothing else. */
async function moved(paths: readonly string[], capability: OpenSatellite['capability'] = null) {
  const after = [...paths];
  const repository = {
    moveReferences: async (move) => {
      let count = 0;
      for (const [i, path] of paths.entries()) {
        const to = move(path, UUID);
        if (to !== null) count += 1;
        after[i] = to ?? path;
      }
      return count;
    },
  } as Partial<WriteableRepository> as WriteableRepository;
  return { count: await moveReferences({ repository, capability }, settings, ctx), paths: after };
}

test('references follow the gateway to its new address; everything else stays where it is', async () => {
  const others = ['run/raw.fits', `https://other.example.org/files/dp1/${UUID}/x.fits`, 's3://bucket/x.fits'];
  const { count, paths } = await moved([`${OLD}/files/dp1/${UUID}/a%20b.fits?component=mask`, ...others]);
  expect(paths).toEqual([`${NEW}/files/dp1/${UUID}/a%20b.fits?component=mask`, ...others]);
  expect(count).toBe(1);
  expect(await moved(paths)).toEqual({ count: 0, paths });
});

test('capabilities are renewed, come, and go, as the satellite has them', async () => {
  const grant = { satelliteId: 's1', repository: 'dp1', uuid: UUID };
  const address = (version: number) => `${NEW}/files/dp1/~${capabilities.mint({ ...grant, version })}/${UUID}/x.fits`;
  const plain = `${NEW}/files/dp1/${UUID}/x.fits`;
  expect(await moved([address(1)], { satelliteId: 's1', version: 2 })).toEqual({ count: 1, paths: [address(2)] });
  expect(await moved([plain], { satelliteId: 's1', version: 2 })).toEqual({ count: 1, paths: [address(2)] });
  expect(await moved([address(2)], { satelliteId: 's1', version: 2 })).toEqual({ count: 0, paths: [address(2)] });
  expect(await moved([address(2)])).toEqual({ count: 1, paths: [plain] });
});
