/** Decisions about the version that is meant, and no other. */
import { expect, test } from 'vitest';
import { publishingOfFile } from './publishing-world.ts';

const world = await publishingOfFile();

test('a version is not decided about by who means an earlier one', async () => {
  await world.filled('again', 'u/alice/again', 1);
  const wanted = { satellite: 'again', collections: ['u/alice/again'], title: 'One' };
  const first = await world.did('alice', 'submitPublication', wanted);
  const publication = first.id;
  await world.did('second', 'requestPublicationChanges', { publication, comment: 'Another title.' });
  const second = await world.did('alice', 'submitPublication', { ...wanted, publication, title: 'Two' });
  for (const mutation of ['claimPublication', 'requestPublicationChanges', 'rejectPublication']) {
    const meant = { publication, digest: first.digest, comment: 'About the first.' };
    expect(await world.refused('curator', mutation, meant)).toBe('CONFLICT');
  }
  expect(await world.see('curator', publication)).toMatchObject({ version: 2, state: 'SUBMITTED' });
  const meant = { publication, digest: second.digest.toUpperCase() };
  expect(await world.did('curator', 'claimPublication', meant)).toMatchObject({ state: 'IN_REVIEW' });
  const turnedDown = { ...meant, comment: 'About the second.' };
  expect(await world.did('curator', 'rejectPublication', turnedDown)).toMatchObject({ state: 'REJECTED' });
});

test('a published version is not withdrawn by who means the one after it', async () => {
  await world.filled('work', 'u/alice/work', 1);
  const wanted = { satellite: 'work', collections: ['u/alice/work'], title: 'One' };
  const { id: publication, digest } = await world.did('alice', 'submitPublication', wanted);
  await world.did('curator', 'approvePublication', { publication, digest });
  await world.reached('alice', publication, 'PUBLISHED');
  const later = await world.did('alice', 'submitPublication', { ...wanted, publication, title: 'Two' });
  const withdrawable = async (user: string) =>
    (await world.look(user, publication, 'withdrawableVersion {version state}')).withdrawableVersion as unknown;
  // Its owner gives up what is not published yet; a reviewer can only take back what is.
  expect(await withdrawable('alice')).toEqual({ version: 2, state: 'SUBMITTED' });
  expect(await withdrawable('curator')).toEqual({ version: 1, state: 'PUBLISHED' });
  const comment = 'No.';
  for (const [user, meant] of [
    ['curator', { version: 2 }],
    ['curator', { digest: later.digest }],
    ['curator', { version: 1, digest: later.digest }],
    ['alice', { version: 1 }],
  ] as const) {
    expect(await world.refused(user, 'withdrawPublication', { publication, comment, ...meant })).toBe('CONFLICT');
  }
  await world.did('alice', 'withdrawPublication', { publication, version: 2 });
  // Asked twice, by a page that has not heard of it yet.
  expect(await world.refused('alice', 'withdrawPublication', { publication, comment, version: 2 })).toBe('CONFLICT');
  expect(await withdrawable('alice')).toEqual({ version: 1, state: 'PUBLISHED' });
  expect(await world.look('alice', publication, 'versions {version state}')).toEqual({
    versions: [
      { version: 2, state: 'CANCELLED' },
      { version: 1, state: 'PUBLISHED' },
    ],
  });
  const taken = await world.did('curator', 'withdrawPublication', { publication, comment, version: 1, digest });
  expect(taken).toMatchObject({ version: 1, state: 'WITHDRAWN' });
  expect(await withdrawable('curator')).toBeNull();
});
