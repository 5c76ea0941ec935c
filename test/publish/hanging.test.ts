/** Giving up what is being made visible where its repository does not answer. */
import { expect, test } from 'vitest';
import { giveUp } from '../../src/publish/giving-up.ts';
import type { PublicationVersion } from '../../src/publish/publication.ts';

const alice = { username: 'alice', owns: true, takesPart: true, reviews: false };
const committing = { publication: 'p', version: 1, state: 'COMMITTING' } as Partial<PublicationVersion>;
const never = () => new Promise<never>(() => undefined);
const given = (visibleSince: () => Promise<number | null>) =>
  giveUp({ keepOut: never, visibleSince }, 100, committing as PublicationVersion, alice, {
    publication: 'p',
    comment: null,
  });

test('it is given up at once where that hangs, and is kept out when it answers again', async () => {
  expect(await given(never)).toMatchObject({ state: 'CANCELLED', withdrawnBy: 'alice' });
  expect(await given(() => Promise.reject(new Error('refused')))).toMatchObject({ withdrawnBy: 'alice' });
});

test('it is not where that answers and is only busy with it', async () => {
  await expect(given(() => Promise.resolve(null))).rejects.toMatchObject({ code: 'CONFLICT' });
});
