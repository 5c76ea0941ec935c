/** Approving what takes longer to compare than somebody waits for. */
import { expect, test } from 'vitest';
import type { Identity } from '../../src/access/principal.ts';
import { Decisions, type DecisionsOptions } from '../../src/publish/decisions.ts';
import type { PublicationVersion } from '../../src/publish/publication.ts';

test('is not refused: the job compares all of it before anything becomes visible', async () => {
  let asked = 0;
  const alice: Identity = { username: 'alice', groups: [] };
  const sources: DecisionsOptions['sources'] = {
    checkClashes: () => Promise.resolve(),
    compare: (_version, _who, _reread, { signal }) => {
      asked += 1;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    },
  };
  const memberships = { of: () => Promise.resolve(alice) };
  const options = { sources, memberships, waitMilliseconds: 1 } satisfies Partial<DecisionsOptions>;
  const record: Partial<PublicationVersion> = {
    submittedBy: 'alice',
    group: null,
    readers: { allUsers: true, groups: [], users: [] },
    source: { repository: 'alice~mine', satelliteId: 'id', collections: ['u/alice/run'], search: null, groups: [] },
  };
  await new Decisions(options as unknown as DecisionsOptions).compare(record as PublicationVersion);
  expect(asked).toBe(1);
});
