/** How often a referee link answers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Principal } from '../../src/access/principal.ts';
import { PUBLICATION_TABLES } from '../../src/publish/tables.ts';
import type { PublicationVersion } from '../../src/publish/publication.ts';
import { RefereeLinkRecords } from '../../src/publish/referee/link-records.ts';
import { RefereeLinks, type RefereeLinksOptions } from '../../src/publish/referee/referee-links.ts';
import { openState } from '../../src/state/open.ts';
import { prepareTables } from '../../src/state/tables.ts';

test('a referee link answers 600 times a minute, whoever asks, and then says when it will again', async () => {
  const signal = AbortSignal.timeout(60_000);
  const directory = await mkdtemp(join(tmpdir(), 'referee-rate-'));
  const state = await openState(`sqlite:${join(directory, 'state.sqlite3')}`, signal);
  await prepareTables(state.database, PUBLICATION_TABLES, signal);
  const secret = `referee-${'s'.repeat(43)}`;
  const link = { id: 'l', publication: 'p', version: 1, note: null, createdBy: 'alice', createdAt: 0, revokedAt: null };
  await new RefereeLinkRecords(state.database).add({ ...link, expiresAt: 1000 }, secret);
  const version = {
    ...{ publication: 'p', version: 1, state: 'SUBMITTED', digest: '0', approvedDigest: null, title: 'x' },
    ...{ owner: 'alice', group: null, submittedBy: 'alice', claimedBy: null, approvedBy: null, checks: [] },
    ...{ description: null, licence: null, readers: { allUsers: true, groups: [], users: [] } },
    source: { groups: [], collections: [] },
  } as unknown as PublicationVersion;
  const manifest = {
    header: () => Promise.resolve({ lineage: { officialRepositories: [] } }),
    collections: () => Promise.resolve([]),
  };
  const links = new RefereeLinks({
    database: state.database,
    records: { versions: () => Promise.resolve([version]) },
    store: { read: () => manifest },
    repositoriesOf: () => Promise.resolve({}),
    now: () => 500,
  } as unknown as RefereeLinksOptions);
  const open = (username: string) => links.open(secret, { username, groups: [] } as unknown as Principal);
  // However long it takes.
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  for (let i = 0; i < 600; i += 1) await open(i % 2 === 0 ? 'bob' : 'carol');
  await expect(open('dave')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) as number });
  vi.useRealTimers();
  await state.close();
  await rm(directory, { recursive: true });
});
