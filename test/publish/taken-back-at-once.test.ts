/** What is taken back is nobody's to read any more, whatever else is under way. */
import { expect, test, vi } from 'vitest';
import { publishingOfFile } from './publishing-world.ts';

const world = await publishingOfFile();

const readers = { users: ['bob'] };

async function allowed(user: string, collection: string): Promise<boolean> {
  const query = `query ($c: String) {effectiveAccess(satellite: "published", collection: $c, user: "${user}") {allowed}}`;
  return (await world.ask(user, query, { c: collection })).data.effectiveAccess.allowed as boolean;
}

async function published(name: string) {
  await world.filled(name, `u/alice/${name}`, 1);
  const wanted = { satellite: name, collections: [`u/alice/${name}`], title: name, readers };
  const { id, digest } = await world.did('alice', 'submitPublication', wanted);
  await world.did('curator', 'approvePublication', { publication: id, digest });
  await world.reached('alice', id, 'PUBLISHED');
  return { publication: id, wanted };
}

/** Stops work where something comes; what is there goes on when it is opened. */
function gate(at: string) {
  const opened = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let waiting = 0;
  world.commit.before = async (moment) => {
    if (moment !== at) return;
    waiting += 1;
    reached.resolve();
    await opened.promise;
  };
  const open = () => {
    world.commit.before = () => Promise.resolve();
    opened.resolve();
  };
  return { open, reached: reached.promise, waiting: () => waiting };
}

test('a published version is taken out while a later one is being brought over, which is published then', async () => {
  const { publication, wanted } = await published('replaced');
  expect(await allowed('bob', 'u/alice/replaced')).toBe(true);
  const later = await world.did('alice', 'submitPublication', { ...wanted, publication, title: 'Later' });
  const staging = gate('STAGING');
  await world.did('second', 'approvePublication', { publication, digest: later.digest });
  await staging.reached;
  const taken = await world.done('curator', 'withdrawPublication', { publication, version: 1, comment: 'An error.' });
  expect(taken.job.state).toBe('COMPLETED');
  expect(await allowed('bob', 'u/alice/replaced')).toBe(false);
  expect(world.commit.visible.size).toBe(0);
  expect((await world.see('alice', publication)).state).toBe('STAGING');
  staging.open();
  expect(await world.reached('alice', publication, 'PUBLISHED')).toMatchObject({ version: 2 });
  expect(await allowed('bob', 'u/alice/replaced')).toBe(true);
  await world.done('alice', 'withdrawPublication', { publication, comment: 'Done with.' });
  expect(world.commit.visible.size).toBe(0);
});

test('nobody reads it from the decision on, before its job has taken anything out', async () => {
  const { publication } = await published('waiting');
  const withdrawal = gate('WITHDRAWN');
  const { version } = await world.did('curator', 'withdrawPublication', { publication, comment: 'An error.' });
  expect(version).toBe(1);
  expect(await allowed('bob', 'u/alice/waiting')).toBe(false);
  expect(world.commit.visible.size).toBe(1);
  withdrawal.open();
  await vi.waitFor(() => expect(world.commit.visible.size).toBe(0), { timeout: 240_000 });
});

test('as many large publications as may be under way at once let their owner’s withdrawals and transfers go on', async () => {
  const old = await published('old');
  const begun: { readonly publication: string; readonly digest: string }[] = [];
  for (const name of ['one', 'two', 'three', 'four']) {
    await world.filled(name, `u/alice/${name}`, 1);
    const wanted = { satellite: name, collections: [`u/alice/${name}`], title: name, readers };
    const { id, digest } = await world.did('alice', 'submitPublication', wanted);
    begun.push({ publication: id, digest });
  }
  const staging = gate('STAGING');
  for (const approval of begun) await world.did('curator', 'approvePublication', approval);
  await vi.waitFor(() => expect(staging.waiting()).toBe(3), { timeout: 240_000 });
  const comment = 'An error.';
  const taken = await world.done('alice', 'withdrawPublication', { publication: old.publication, comment });
  expect(taken.job.state).toBe('COMPLETED');
  // Made by a job too.
  await world.filled('fifth', 'u/alice/fifth', 1);
  staging.open();
  for (const { publication } of begun) await world.reached('alice', publication, 'PUBLISHED');
});
