/** Requests that would stand still for ever: what was approved and waits, and what failed before it was submitted. */
import { expect, test, vi } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import { Sources } from '../../src/publish/sources.ts';
import { publishingOfFile } from './publishing-world.ts';

const world = await publishingOfFile();

async function submitted(name: string) {
  await world.filled(name, `u/alice/${name}`, 1);
  const wanted = { satellite: name, collections: [`u/alice/${name}`], title: name };
  const { id, digest } = await world.did('alice', 'submitPublication', wanted);
  return { id, digest, wanted };
}

test.each(['requestPublicationChanges', 'rejectPublication'])(
  'reviewers take back what they have approved, with a reason, while it is brought over: %s',
  async (mutation) => {
    const { id: publication, digest } = await submitted(mutation.slice(0, 6));
    const state = mutation === 'rejectPublication' ? 'REJECTED' : 'CHANGES_REQUESTED';
    let isTaken = false;
    world.commit.before = async (stage) => {
      if (stage !== 'VERIFYING' || isTaken) return;
      isTaken = true;
      expect((await world.look('second', publication, 'actions')).actions).toContain('REJECT');
      expect(await world.refused('second', mutation, { publication })).toBe('BAD_USER_INPUT');
      expect(await world.refused('alice', mutation, { publication, comment: 'Mine.' })).toBe('FORBIDDEN');
      const taken = await world.did('second', mutation, { publication, comment: 'It was approved by mistake.' });
      expect(taken).toMatchObject({ state, reason: 'It was approved by mistake.' });
    };
    await world.did('curator', 'approvePublication', { publication, digest });
    const job = async () => (await world.look('alice', publication, 'job {state}')).job.state as string;
    await vi.waitFor(async () => expect(await job()).toBe('CANCELLED'), { timeout: 240_000 });
    world.commit.before = () => Promise.resolve();
    expect(await world.see('alice', publication)).toMatchObject({ state });
    expect(world.commit.visible.size).toBe(0);
  },
);

test('a submission that failed is started again by retryJob, as long as no later version was submitted', async () => {
  await world.filled('late', 'u/alice/late', 1);
  const failedOnce = async (title: string) => {
    using freeze = vi.spyOn(Sources.prototype, 'freeze');
    freeze.mockRejectedValueOnce(new SatelliteError('CONFLICT', 'It changes at this moment.'));
    const wanted = { satellite: 'late', collections: ['u/alice/late'], title };
    expect(await world.refused('alice', 'submitPublication', wanted)).toBe('CONFLICT');
    const { data } = await world.ask('alice', '{publications {nodes {id title state job {id state}}}}');
    const found = data.publications.nodes.find((one: { readonly title: string }) => one.title === title);
    expect(found).toMatchObject({ state: 'FAILED', job: { state: 'FAILED' } });
    return { wanted, publication: found.id as string, job: found.job.id as string };
  };
  const again = await failedOnce('Again');
  await world.done('alice', 'retryJob', { job: again.job });
  const submittedNow = await world.see('alice', again.publication);
  expect(submittedNow).toMatchObject({ version: 1, state: 'SUBMITTED', reason: null });
  expect(submittedNow.digest).toMatch(/^[0-9a-f]{64}$/);

  const { publication, job, wanted } = await failedOnce('Replaced');
  await world.did('alice', 'submitPublication', { ...wanted, publication });
  await world.change('alice', 'retryJob', { job }, 'job {id}');
  await vi.waitFor(
    async () => {
      const { data } = await world.ask('alice', `{job(id: "${job}") {state error {message}}}`);
      const message = expect.stringContaining('later version') as string;
      expect(data.job).toMatchObject({ state: 'FAILED', error: { message } });
    },
    { timeout: 240_000 },
  );
});
