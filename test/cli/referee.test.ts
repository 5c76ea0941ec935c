/** `satellite publish referee …`: links for referees, as their owners make and end them. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openPublishing, type PublishingWorld } from '../publish/publishing-world.ts';
import { satelliteAs } from './satellite-command.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

let world: PublishingWorld;
let publication: string;
beforeAll(async () => {
  world = await openPublishing();
  await world.filled('work', 'u/alice/run', 1);
  const wanted = { satellite: 'work', collections: ['u/alice/run'], title: 'Notes' };
  ({ id: publication } = await world.did('alice', 'submitPublication', wanted));
});
afterAll(() => world[Symbol.asyncDispose]());

const referee = (user: string, ...args: readonly string[]) =>
  satelliteAs(world.gateway, user, [], ['publish', 'referee', ...args]);
const opened = async (secret: string) => {
  const query = 'query ($secret: String!) {refereedPublication(secret: $secret) {version title}}';
  const { data, errors } = await world.ask('bob', query, { secret });
  return errors?.[0]?.extensions['code'] ?? (data.refereedPublication as unknown);
};

test('a link is made, opens the version, is listed without what opens it, and ends when it is revoked', async () => {
  expect(await referee('alice', 'list', publication)).toEqual({ code: 0, stderr: '', stdout: 'There are none.\n' });
  const note = ['--note', 'To the journal.'];
  const made = await referee('alice', 'create', publication, ...note);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const printed =
    /^Referee link ([0-9a-f-]{36}) to version 1, by alice: ends (\S+Z)\. To the journal\.\nSend to the referee, and keep from others: (referee-\S+)\n$/;
  expect(made.stdout).toMatch(printed);
  const [, id, , secret] = printed.exec(made.stdout)!;
  expect(await opened(secret!)).toEqual({ version: 1, title: 'Notes' });

  const listed = await referee('alice', 'list', publication);
  expect(listed.stdout).toBe(`${made.stdout.split('\n')[0]!}\n`);
  const json = JSON.parse((await referee('alice', 'list', publication, '--json')).stdout) as {
    publication: { refereeLinks: unknown[] };
  };
  expect(json.publication.refereeLinks).toEqual([
    expect.objectContaining({ id, version: 1, note: 'To the journal.', createdBy: 'alice', revokedAt: null }),
  ]);
  const revoked = await referee('alice', 'revoke', id!);
  expect(revoked).toMatchObject({ code: 0, stderr: '' });
  expect(revoked.stdout).toMatch(
    new RegExp(`^Referee link ${id!} to version 1, by alice: revoked \\S+Z\\. To the journal`),
  );
  expect(await opened(secret!)).toBe('NOT_FOUND');
});

test('the same call again with its key makes no other link, and what opens it is printed once', async () => {
  const create = [
    'create',
    publication,
    '--key',
    'once',
    '--json',
    '--expires',
    new Date(Date.now() + 1e9).toISOString(),
  ];
  const answers = [await referee('alice', ...create), await referee('alice', ...create)].map(
    ({ stdout }) => JSON.parse(stdout) as { link: { id: string }; secret: string | null },
  );
  expect(answers[1]!.link).toEqual(answers[0]!.link);
  expect(await opened(answers[0]!.secret!)).toMatchObject({ version: 1 });
  expect(answers[1]!.secret).toBeNull();
  const text = await referee('alice', ...create.filter((word) => word !== '--json'));
  expect(text.stdout).toContain('It was made before');
});

test('others make, see and end none, and what is asked wrongly is told', async () => {
  const [id] = JSON.parse((await referee('alice', 'list', publication, '--json')).stdout).publication.refereeLinks.map(
    (link: { id: string }) => link.id,
  ) as string[];
  for (const args of [
    ['create', publication],
    ['list', publication],
    ['revoke', id!],
  ]) {
    const refused = await referee('bob', ...args);
    expect(refused, args[0]).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/\S/);
  }
  const odd = await referee('alice', 'create', publication, '--version-number', 'first');
  expect(odd).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--version-number') as string });
  const late = await referee('alice', 'create', publication, '--expires', '2199-01-01T00:00:00Z');
  expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('90 days') as string });
  for (const args of [
    ['create', publication],
    ['list', publication],
  ]) {
    const missing = await referee('alice', ...args, '--version-number', '7');
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no version 7 of publication') as string,
    });
  }
  expect(await referee('alice', 'create')).toMatchObject({ code: 2 });
});
