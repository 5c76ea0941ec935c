import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { FileResolver } from '../../src/access/file-resolution.ts';
import { VisibleRepositories } from '../../src/access/policy.ts';
import { AllowedOrigins } from '../../src/repository/allowed-origins.ts';
import { Outbound } from '../../src/repository/outbound.ts';
import type { Repository } from '../../src/repository/repository.ts';
import type { FileSource } from '../../src/repository/rows.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

const UUID = '0195c2b1-7f3e-7b1a-9c00-1234567890ab';
const REMOTE = 'https://data.example.org/api/butler/repo/dp1';
const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(600_000) };
const resolver = new FileResolver({
  ownUrls: () => ['https://gateway.example.org'],
  remotes: [{ name: 'dp1', url: REMOTE }],
  outbound: new Outbound({ origins: new AllowedOrigins([REMOTE]) }),
});
const repositoryWith = (source: (uuid: string, component: string | null) => FileSource | null) =>
  ({
    fileSource: async (uuid, component) => source(uuid, component),
    files: async () => new Map(),
  }) as Partial<Repository> as Repository;
const file = { repository: 'mine', uuid: UUID, component: 'mask', fileName: 'x.fits' };

test('what stock Python recorded by "unsafe_direct" is read from the repository that it means, as the caller', async () => {
  const signed: FileSource = { kind: 'url', url: 'https://store.example.org/x?Signature=s', size: 3 };
  const official = repositoryWith((uuid, component) => (uuid === UUID && component === 'mask' ? signed : null));
  const url = `${REMOTE}/v1/dataset/${UUID}/download?component=mask`;
  const mine = repositoryWith(() => ({ kind: 'reference', url, size: 3 }));
  const repositories = new VisibleRepositories(
    [
      { name: 'mine', kind: 'SATELLITE', owner: 'alice', repository: mine },
      { name: 'dp1', kind: 'OFFICIAL', owner: undefined, repository: official },
    ],
    { username: 'alice', groups: [] },
  );
  expect(await resolver.find(file, repositories, ctx)).toEqual(signed);
});

test('a file on this disk is read in part', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'x.fits');
  await writeFile(path, '0123456789');
  const source = { kind: 'path', path, size: 10 } as const;
  expect(await text(await resolver.read(source, { start: 2, end: 4 }, ctx.signal))).toBe('234');
  expect(await text(await resolver.read(source, null, ctx.signal))).toBe('0123456789');
});
