/** `satellite publish …`, against a gateway of this process. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { satelliteAs, type Answered } from './satellite-command.ts';
import { openPublishing, type PublishingWorld } from '../publish/publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

let world: PublishingWorld;
beforeAll(async () => {
  world = await openPublishing({ commit: 'real' });
  await world.filled('work', 'u/alice/run', 2);
});
afterAll(() => world[Symbol.asyncDispose]());

const satellite = (user: string, groups: readonly string[], ...args: readonly string[]) =>
  satelliteAs(world.gateway, user, groups, args);
const publish = (user: string, groups: readonly string[], ...args: readonly string[]) =>
  satellite(user, groups, 'publish', ...args);
const alice = (...args: readonly string[]) => publish('alice', ['g_lensing'], ...args);
const curator = (...args: readonly string[]) => publish('curator', ['g_curators'], ...args);

test('a collection is submitted, sent back, submitted again and approved, and taken back from its reader', async () => {
  const submitted = await alice('submit', 'work', 'u/alice/run', '--title', 'Notes', '--reader', 'bob');
  expect(submitted).toMatchObject({ code: 0, stderr: '' });
  const [, id] = /^Publication ([0-9a-f-]{36}), version 1 \('Notes'\): submitted\./.exec(
    submitted.stdout,
  ) as unknown as [string, string];
  const queue = await curator('list', '--to-review');
  expect(queue.stdout).toBe(`${id}  v1  submitted  alice  Notes\n`);
  expect(await curator('request-changes', id)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('"comment"') as string,
  });
  expect((await curator('request-changes', id, '--comment', 'A licence, please.')).stdout).toMatch(
    /version 1 \('Notes'\): changes requested\. A licence, please\./,
  );
  const again = ['submit', 'work', 'u/alice/run', '--title', 'Notes', '--licence', 'CC-BY', '--again', id];
  expect((await alice(...again)).stdout).toMatch(/version 2 \('Notes'\): submitted\./);
  const shown = await curator('show', id);
  expect(shown.stdout).toMatch(/of alice, in 'published', for alice, bob\n/);
  expect(shown.stdout).toMatch(/2 datasets, 32 bytes\n {4}RUN {9}u\/alice\/run/);
  expect(shown.stdout).toMatch(/Since version 1: 0 datasets new, 0 gone, 0 changed\./);
  expect(shown.stdout).toMatch(/PASSED {2}FORMATS: /);
  expect(shown.stdout).toMatch(/curator: A licence, please\./);
  const [, digest] = /digest ([0-9a-f]{64})/.exec(shown.stdout) as unknown as [string, string];
  expect(await curator('approve', id, '0'.repeat(64))).toMatchObject({ code: 1 });
  expect(await curator('approve', id, digest, '--comment', 'Thank you.')).toMatchObject({ code: 0, stderr: '' });
  await world.reached('alice', id, 'PUBLISHED');
  const grant =
    /^([0-9a-f-]{36}) {2}'u\/alice\/run' of 'published' is shared with bob \(publication [0-9a-f-]{36}\)\n$/;
  const [, shared] = grant.exec((await satellite('alice', [], 'access', 'published')).stdout)!;
  expect(await satellite('alice', [], 'unshare', shared!)).toMatchObject({ code: 0 });
  expect((await satellite('alice', [], 'access', 'published')).stdout).toBe("'published' is shared with nobody.\n");
  const withdrawn = await alice('withdraw', id, '--comment', 'An error.', '--json');
  expect(JSON.parse(withdrawn.stdout)).toMatchObject({ publication: { state: 'WITHDRAWN', reason: 'An error.' } });
  expect(await publish('carol', [], 'show', '00000000-0000-4000-8000-000000000000')).toMatchObject({
    code: 1,
    stdout: '',
  });
});

test('what is decided is about the version that was looked at, where it is named', async () => {
  const wanted = ['submit', 'work', 'u/alice/run', '--title', 'Meant', '--json'];
  const shownBy = ({ stdout }: Answered) =>
    (JSON.parse(stdout) as { publication: { id: string; version: number; digest: string; state: string } }).publication;
  const { id, digest } = shownBy(await alice(...wanted));
  const first = ['--digest', digest];
  expect(await curator('request-changes', id, '--comment', 'No.', ...first)).toMatchObject({ code: 0 });
  const later = shownBy(await alice(...wanted, '--licence', 'CC0', '--again', id));
  expect(later).toMatchObject({ version: 2, state: 'SUBMITTED' });
  for (const verb of ['claim', 'request-changes', 'reject']) {
    for (const meant of [first, ['--version-number', '1']]) {
      const refused = await curator(verb, id, '--comment', 'Of what was before.', ...meant);
      expect(refused, verb).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('(CONFLICT)') as string,
      });
    }
  }
  expect(await curator('approve', id, digest)).toMatchObject({ code: 1 });
  expect(await alice('withdraw', id, ...first)).toMatchObject({ code: 1 });
  const usage = await curator('reject', id, '--comment', 'No.', '--version-number', 'two');
  expect(usage).toMatchObject({ code: 2, stderr: expect.stringContaining('whole number') as string });
  expect((await curator('claim', id, '--version-number', '2')).stdout).toContain("version 2 ('Meant'): in review.");
  const meant = ['--digest', later.digest, '--version-number', '2'];
  const rejected = await curator('reject', id, '--comment', 'It is not new.', ...meant);
  expect(rejected).toMatchObject({ code: 0, stderr: '' });
  // What is bound to is shown.
  expect(rejected.stdout).toContain(`version 2 ('Meant'): rejected. It is not new.\n  digest ${later.digest}\n`);
});

test('lists go on page by page, and are of one repository or one user where that is asked', async () => {
  for (const title of ['Listed', 'Listed too']) await alice('submit', 'work', 'u/alice/run', '--title', title);
  expect(await alice('list', '--first', 'all')).toMatchObject({ code: 2, stdout: '' });
  const first = await alice('list', '--state', 'SUBMITTED', '--first', '1');
  const [, cursor] = / Listed too\nThere are more: --after (\S+)\n$/.exec(first.stdout) as unknown as [string, string];
  const next = await alice('list', '--state', 'SUBMITTED', '--first', '1', '--after', cursor);
  expect(next.stdout).toMatch(/^[0-9a-f-]{36} {2}v1 {2}submitted {2}alice {2}Listed\n$/);
  const ofAlice = await curator('list', '--state', 'SUBMITTED', '--owner', 'alice', '--repository', 'published');
  expect(ofAlice.stdout).toMatch(/Listed too\n.*Listed\n$/);
  expect((await curator('list', '--owner', 'bob')).stdout).toBe('There are none.\n');
  expect((await curator('list', '--repository', 'other')).stdout).toBe('There are none.\n');
});

test('some of the datasets are submitted by a search, all users let in by a later version, and comments answered', async () => {
  const some = [
    'submit',
    'work',
    'u/alice/run',
    '--title',
    'Some',
    '--where',
    'instrument = :name AND detector = 1',
    '--bind',
    '{"name": "HSC"}',
    '--json',
  ];
  const submitted = await alice(...some, '--private');
  expect(submitted).toMatchObject({ code: 0, stderr: '' });
  const { publication } = JSON.parse(submitted.stdout) as { publication: { id: string } };
  const { id } = publication;
  const shown = await alice('show', id);
  expect(shown.stdout).toMatch(/for alice\n[^]* 1 datasets, /);
  expect(await alice('withdraw', id)).toMatchObject({ code: 0 });
  expect(await alice(...some, '--all-users', '--reader', 'bob')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("'--all-users' cannot be used with option '--reader") as string,
  });
  expect(await alice(...some, '--private', '--group', 'g_lensing')).toMatchObject({ code: 2, stdout: '' });
  expect(await alice(...some, '--type', 'note', '--all-users', '--again', id)).toMatchObject({ code: 0 });
  expect(await alice('comment', id, '--comment', 'Is that right?')).toMatchObject({ code: 0 });
  const [, first] = /comment ([0-9a-f-]{36})\n/.exec((await curator('show', id)).stdout) as unknown as [string, string];
  expect(await curator('comment', id, '--comment', 'It is.', '--reply-to', first)).toMatchObject({ code: 0 });
  const answered = (await alice('show', id)).stdout;
  expect(answered).toMatch(/for all users\n[^]* 1 datasets, /);
  expect(answered).toContain(`curator, to ${first}: It is.`);
});
