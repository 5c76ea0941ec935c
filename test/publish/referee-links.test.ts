/** What a referee reads by a link, and what nobody does. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openPublishing, type PublishingWorld, type Shown } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

const DAY = 86_400_000;
const LINK = 'link {id version note createdBy expiresAt revokedAt} secret job {id}';
const ALL = `query ($secret: String!) {refereedPublication(secret: $secret) {version title description licence expiresAt
  checks {code state message} manifest {datasetCount bytes universe {namespace version} datasetTypes officialRepositories sizes {datasetType} sky {regionCount}
  collections {name type doc children isOfficial} datasets {nodes {uuid datasetType run dataId files} pageInfo {endCursor}}}}}`;

let world: PublishingWorld;
/** How far the gateway's clock is ahead. */
let ahead = 0;
let first: Shown;
/** Of the gateway's state. */
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'referees-'));
  const state = `sqlite:${join(directory, 'state.sqlite3')}`;
  world = await openPublishing({
    commit: 'real',
    publishing: '{quotaBytes: 1000000}',
    state,
    now: () => Date.now() + ahead,
  });
  // By a grant that no version tells of.
  await world.done(
    'alice',
    'grantAccess',
    { satellite: 'published', collection: 'u/alice/', user: 'zelda' },
    'grant {id}',
  );
  await world.filled('work', 'u/alice/run', 2);
  await world.ingest('work', 'u/alice/run', 1, { name: 'alice_note' });
  first = await world.did('alice', 'submitPublication', {
    ...{ satellite: 'work', collections: ['u/alice/run-chain'], readers: { users: ['dave'] } },
    title: 'Notes of Alice',
    description: 'ALICE and Dave wrote them, by alice_tools.',
    licence: 'As alice likes.',
  });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

interface Linked {
  readonly link: { readonly id: string; readonly expiresAt: string };
  readonly secret: string;
}

async function linked(publication: string, more: object = {}): Promise<Linked> {
  return (await world.done('alice', 'createRefereeLink', { publication, ...more }, LINK)) as Linked;
}

const refereed = async (secret: string, user = 'bob') => {
  const answer = await world.ask(user, ALL, { secret });
  return { answer, body: JSON.stringify([answer.data, answer.errors]), code: answer.errors?.[0]?.extensions['code'] };
};

const file = (secret: string, uuid: string, user = 'bob') =>
  world.fetch(user, `/referee/files/${uuid}/x`, { headers: { 'satellite-referee-link': secret } });

describe('a referee who has a link', () => {
  test('reads the version before it is reviewed, and learns nowhere whose it is', async () => {
    const { link, secret } = await linked(first.id, { note: 'To the journal.' });
    expect(link).toMatchObject({ version: 1, note: 'To the journal.', createdBy: 'alice', revokedAt: null });
    expect(Date.parse(link.expiresAt) - Date.now()).toBeCloseTo(30 * DAY, -5);
    const { answer, body } = await refereed(secret);
    expect(answer.errors).toBeUndefined();
    const shown = answer.data.refereedPublication;
    expect(shown).toMatchObject({
      version: 1,
      title: 'Notes of hidden',
      description: 'hidden and hidden-2 wrote them, by hidden_tools.',
      licence: 'As hidden likes.',
      manifest: { datasetCount: 3, officialRepositories: ['dp1'] },
    });
    expect(shown.manifest.collections.map(({ name }: { name: string }) => name)).toEqual([
      'u/hidden/run',
      'u/hidden/run-chain',
    ]);
    expect(shown.manifest.datasetTypes.map(({ name }: { name: string }) => name)).toEqual(['hidden_note', 'note']);
    expect(shown.checks.length).toBeGreaterThan(5);
    expect(first.checks.find(({ code }) => code === 'READERS')?.message).toMatch(/zelda/);
    expect(body).not.toMatch(/alice|dave|work|zelda/i);
    // Nor how much its owner has published.
    expect(first.checks.find(({ code }) => code === 'SIZE')?.message).toMatch(/others have/);
    expect(body).not.toMatch(/KiB|GiB/);
    // Nothing else opens by it.
    expect((await world.ask('bob', `{publication(id: "${first.id}") {id}}`)).data.publication).toBeNull();
    for (const { uuid, files } of shown.manifest.datasets.nodes) {
      const got = await file(secret, uuid as string);
      expect(await got.text()).toBe('run: u/alice/run');
      expect(JSON.stringify([...got.headers])).not.toMatch(/alice|dave|work/i);
      expect(got.headers.get('etag')).toBe(`"${files[0].sha256 as string}"`);
      const head = await world.fetch('bob', `/referee/files/${uuid as string}/x`, {
        ...{ method: 'HEAD', headers: { 'satellite-referee-link': secret } },
      });
      expect(head.headers.get('content-length')).toBe('16');
    }
  });

  test('has to sign in, and to have the secret', async () => {
    const { secret } = await linked(first.id);
    const body = JSON.stringify({ query: ALL, variables: { secret } });
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(`${world.gateway.url}/graphql`, { method: 'POST', headers, body });
    expect(status).toBe(401);
    for (const other of [`${secret.slice(0, -1)}!`, 'referee-x', '', `referee-${'x'.repeat(43)}`]) {
      expect((await refereed(other)).code).toBe('NOT_FOUND');
    }
    expect((await world.fetch('bob', `/referee/files/${first.id}/x`)).status).toBe(404);
  });

  test('gets no bytes that are not those of the version', async () => {
    const { secret } = await linked(first.id);
    const { data } = await world.ask('alice', '{satellite(name: "work") {uri}}');
    const root = data.satellite.uri as string;
    const names = await readdir(root, { recursive: true });
    const path = join(
      root,
      names.find((name) => name.includes('alice_note') && name.endsWith('.yaml'))!,
    );
    const { answer } = await refereed(secret);
    const [{ uuid }] = answer.data.refereedPublication.manifest.datasets.nodes.filter(
      ({ datasetType }: { datasetType: string }) => datasetType === 'hidden_note',
    ) as [{ uuid: string }];
    const before = await readFile(path);
    try {
      await writeFile(path, 'run: u/alice/fun');
      const got = await file(secret, uuid);
      expect(got.status).toBe(409);
      expect(await got.text()).not.toMatch(/fun|alice/);
    } finally {
      await writeFile(path, before);
    }
    expect(await (await file(secret, uuid)).text()).toBe('run: u/alice/run');
  });
});

describe('a link', () => {
  test('is of one version: a later one has other datasets, which it does not show', async () => {
    const { id } = await world.did('alice', 'submitPublication', {
      ...{ satellite: 'work', collections: ['u/alice/run'], title: 'More' },
    });
    const { secret } = await linked(id);
    const one = (await refereed(secret)).answer.data.refereedPublication;
    await world.did('curator', 'requestPublicationChanges', { publication: id, comment: 'More, please.' });
    const [uuid] = await world.ingest('work', 'u/alice/run', 1, { name: 'remark' });
    const next = await world.did('alice', 'submitPublication', {
      ...{ publication: id, satellite: 'work', collections: ['u/alice/run'], title: 'Even more' },
    });
    expect(next.version).toBe(2);
    expect((await refereed(secret)).answer.data.refereedPublication).toEqual(one);
    expect((await file(secret, uuid!)).status).toBe(404);
    const later = await linked(id);
    expect((await refereed(later.secret)).answer.data.refereedPublication).toMatchObject({
      version: 2,
      title: 'Even more',
    });
    expect((await file(later.secret, uuid!)).status).toBe(200);
    await world.did('alice', 'withdrawPublication', { publication: id });
    expect((await refereed(later.secret)).code).toBe('NOT_FOUND');
  });

  test('ends at once when it is revoked, and when its time is over', async () => {
    const revoked = await linked(first.id);
    const [{ uuid }] = (await refereed(revoked.secret)).answer.data.refereedPublication.manifest.datasets.nodes as [
      { uuid: string },
    ];
    const ended = await world.done(
      'alice',
      'revokeRefereeLink',
      { link: revoked.link.id },
      'link {revokedAt} job {id}',
    );
    expect(ended.link.revokedAt).not.toBeNull();
    expect((await refereed(revoked.secret)).code).toBe('NOT_FOUND');
    expect((await file(revoked.secret, uuid)).status).toBe(404);

    const short = await linked(first.id, { expiresAt: new Date(Date.now() + DAY).toISOString() });
    expect((await refereed(short.secret)).code).toBeUndefined();
    ahead = DAY + 1000;
    try {
      expect((await refereed(short.secret)).code).toBe('NOT_FOUND');
      expect((await file(short.secret, uuid)).status).toBe(404);
    } finally {
      ahead = 0;
    }
    for (const days of [-1, 91]) {
      const expiresAt = new Date(Date.now() + days * DAY).toISOString();
      const { errors } = await world.change('alice', 'createRefereeLink', { publication: first.id, expiresAt }, LINK);
      expect(errors![0]!.extensions['code']).toBe('BAD_USER_INPUT');
    }
  });

  test('is made, listed and revoked by owners alone', async () => {
    const { link } = await linked(first.id);
    const refused = async (user: string, mutation: string, input: object) =>
      (await world.change(user, mutation, input, 'link {id}')).errors![0]!.extensions['code'];
    expect(await refused('bob', 'createRefereeLink', { publication: first.id })).toBe('NOT_FOUND');
    expect(await refused('curator', 'createRefereeLink', { publication: first.id })).toBe('FORBIDDEN');
    for (const user of ['bob', 'curator'])
      expect(await refused(user, 'revokeRefereeLink', { link: link.id })).toBe('NOT_FOUND');
    const listed = (user: string) => world.look(user, first.id, 'refereeLinks {id expiresAt}');
    expect((await listed('alice')).refereeLinks[0]).toEqual({ id: link.id, expiresAt: link.expiresAt });
    expect(await listed('curator')).toEqual({ refereeLinks: [] });
  });

  test('tells its secret once, and nothing keeps it', async () => {
    const input = { publication: first.id, idempotencyKey: 'once' };
    const made = await world.done('alice', 'createRefereeLink', input, LINK);
    const again = await world.done('alice', 'createRefereeLink', input, LINK);
    expect(made.secret).toMatch(/^referee-[\w-]{43}$/);
    expect(again).toEqual({ ...made, secret: null });
    await refereed(made.secret as string);
    const kept: Buffer[] = [];
    for (const name of await readdir(directory)) kept.push(await readFile(join(directory, name)));
    expect(kept.length).toBeGreaterThan(0);
    for (const bytes of kept) expect(bytes.includes(String(made.secret))).toBe(false);
  });

  test('shows what is published also when the satellite is gone, until it is withdrawn', async () => {
    await world.filled('other', 'u/alice/other', 1);
    const { id, digest } = await world.did('alice', 'submitPublication', {
      ...{ satellite: 'other', collections: ['u/alice/other'], title: 'Other', readers: { users: ['dave'] } },
    });
    const { secret } = await linked(id);
    await world.did('curator', 'approvePublication', { publication: id, digest });
    await world.reached('alice', id, 'PUBLISHED');
    await world.done('alice', 'deleteSatellite', { satellite: 'other', purge: true }, 'job {id}');
    const { answer, body } = await refereed(secret);
    const [{ uuid }] = answer.data.refereedPublication.manifest.datasets.nodes as [{ uuid: string }];
    expect(body).not.toMatch(/alice/i);
    expect(await (await file(secret, uuid)).text()).toBe('run: u/alice/other');
    await world.did('alice', 'withdrawPublication', { publication: id, comment: 'An error.' });
    expect((await refereed(secret)).code).toBe('NOT_FOUND');
    expect((await file(secret, uuid)).status).toBe(404);
    const { errors } = await world.change('alice', 'createRefereeLink', { publication: id }, LINK);
    expect(errors![0]!.extensions['code']).toBe('CONFLICT');
  });

  test('cannot be guessed at: who asks for none too often is told to wait', async () => {
    const { secret } = await linked(first.id);
    const codes = new Set<unknown>();
    for (let i = 0; i < 25; i++) codes.add((await refereed(`referee-${'y'.repeat(43)}`, 'mallory')).code);
    expect([...codes]).toEqual(['NOT_FOUND', 'RATE_LIMITED']);
    expect((await refereed(secret, 'mallory')).code).toBe('RATE_LIMITED');
    expect((await refereed(secret)).code).toBeUndefined();
  });
});
