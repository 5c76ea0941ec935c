/** What changes between request, review, approval and commit is never published; two decisions at once are one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { SatelliteError } from '../../src/butler/errors.ts';
import { publishingOfFile, type Shown } from './publishing-world.ts';

const world = await publishingOfFile();

let made = 0;

interface Submitted {
  readonly satellite: string;
  readonly run: string;
  readonly root: string;
  readonly uuids: readonly string[];
  readonly shown: Shown;
}

/** A request of alice's that waits for its review. */
async function submitted(input: object = {}): Promise<Submitted> {
  const satellite = `t${(made += 1)}`;
  const run = `u/alice/${satellite}`;
  const uuids = await world.filled(satellite, run, 2);
  const { data } = await world.ask('alice', 'query ($n: String!) {satellite(name: $n) {uri}}', { n: satellite });
  const { uri } = data.satellite as { uri: string };
  const tag = `${run}-tag`;
  await world.done('alice', 'createCollection', { satellite, name: tag, type: 'TAGGED' }, 'collection {name}');
  await world.done('alice', 'associateDatasets', { satellite, collection: tag, uuids: uuids.slice(0, 1) }, 'datasets');
  const wanted = { satellite, collections: [`${run}-chain`, tag], title: satellite, ...input };
  const shown = await world.did('alice', 'submitPublication', wanted);
  expect(shown.state).toBe('SUBMITTED');
  return { satellite, run, root: uri.startsWith('file:') ? fileURLToPath(uri) : uri, uuids, shown };
}

/** Writes other bytes of the same length into a file of a satellite, as its owner's own Python could. */
async function tamper({ root }: Submitted): Promise<void> {
  const registry = new Database(join(root, 'gen3.sqlite3'), { readonly: true });
  const [path] = registry.prepare('SELECT path FROM file_datastore_records').pluck().all() as string[];
  registry.close();
  await writeFile(join(root, path!), 'gun: u/alice/xx'.padEnd('run: u/alice/t1'.length, '.').slice(0, 15));
}

const CHANGES: readonly (readonly [what: string, change: (one: Submitted) => Promise<unknown>, reason: RegExp])[] = [
  ['a file has other bytes', tamper, /1 changed datasets/],
  [
    'a dataset was added',
    ({ satellite, run }) => world.ingest(satellite, run, 1, { name: 'later' }),
    /1 new (dataset types|datasets)/,
  ],
  [
    'a dataset was removed',
    ({ satellite, uuids }) =>
      world.done('alice', 'removeDatasets', { satellite, uuids: uuids.slice(0, 1), mode: 'PURGE' }),
    /1 gone/,
  ],
  [
    'the chain has another child',
    async ({ satellite, run }) => {
      const other = { satellite, name: `${run}-other`, type: 'RUN' };
      await world.done('alice', 'createCollection', other, 'collection {name}');
      const chain = { satellite, collection: `${run}-chain`, children: [run, `${run}-other`] };
      await world.done('alice', 'setCollectionChain', chain, 'collection {name}');
    },
    /collections/,
  ],
  [
    'a dataset was tagged',
    ({ satellite, run, uuids }) =>
      world.done(
        'alice',
        'associateDatasets',
        { satellite, collection: `${run}-tag`, uuids: uuids.slice(1) },
        'datasets',
      ),
    /1 new memberships/,
  ],
  [
    'a chain holds itself',
    ({ root, run }) => {
      const registry = new Database(join(root, 'gen3.sqlite3'));
      const into = 'INSERT INTO collection_chain (parent, child, position) SELECT collection_id, collection_id, 7';
      registry.prepare(`${into} FROM collection WHERE name = ?`).run(`${run}-chain`);
      registry.close();
      return Promise.resolve();
    },
    /holds itself/,
  ],
  [
    'the satellite was deleted',
    ({ satellite }) => world.done('alice', 'deleteSatellite', { satellite }),
    /not there any more/,
  ],
  [
    'the satellite was deleted and made anew',
    async ({ satellite, run }) => {
      await world.done('alice', 'deleteSatellite', { satellite });
      await world.filled(satellite, run, 2);
    },
    /made anew/,
  ],
];

describe('between the request and the approval', () => {
  test.each(CHANGES)('%s: it is STALE, and the approval is refused', async (_what, change, reason) => {
    const one = await submitted();
    await change(one);
    const { id, digest } = one.shown;
    const commits = world.commit.commits;
    expect(await world.refused('curator', 'approvePublication', { publication: id, digest })).toBe('CONFLICT');
    const stale = await world.see('alice', id);
    expect(stale.state).toBe('STALE');
    expect(stale.reason).toMatch(reason);
    expect(await world.refused('curator', 'approvePublication', { publication: id, digest })).toBe('CONFLICT');
    expect(world.commit.commits).toBe(commits);
  });
});

describe('between the approval and the commit', () => {
  const moments = CHANGES.flatMap(([what, change, reason]) => {
    // What is read when it is brought over is found there to be gone, or another.
    const isRead = /other bytes|removed|deleted$/.test(what);
    const stages = isRead ? (['STAGING', 'COMMITTING'] as const) : (['COMMITTING'] as const);
    return stages.map((at) => [`${what}, before it is ${at}`, change, reason, at] as const);
  });
  test.each(moments)('%s: nothing becomes visible', async (_what, change, reason, at) => {
    const one = await submitted();
    const { id, digest } = one.shown;
    const commits = world.commit.commits;
    let isChanged = false;
    world.commit.before = async (stage) => {
      if (stage !== at || isChanged) return;
      isChanged = true;
      await change(one);
    };
    await world.did('curator', 'approvePublication', { publication: id, digest });
    const ended = await world.reached('alice', id, 'STALE', 'PUBLISHED', 'FAILED');
    world.commit.before = () => Promise.resolve();
    expect(ended.state).toBe('STALE');
    expect(ended.reason).toMatch(reason);
    expect(world.commit.commits).toBe(commits);
  });

  test.each(CHANGES.filter(([what]) => /added|tagged/.test(what)))(
    '%s, when it was COMMITTING already and is tried again: nothing becomes visible',
    async (_what, change, reason) => {
      const one = await submitted();
      const { id, digest } = one.shown;
      const commits = world.commit.commits;
      let isChanged = false;
      world.commit.before = async (stage) => {
        if (stage !== 'VISIBLE' || isChanged) return;
        isChanged = true;
        expect((await world.see('alice', id)).state).toBe('COMMITTING');
        await change(one);
        throw new SatelliteError('UPSTREAM_UNAVAILABLE', 'It does not answer.');
      };
      await world.did('curator', 'approvePublication', { publication: id, digest });
      const ended = await world.reached('alice', id, 'STALE', 'PUBLISHED', 'FAILED');
      world.commit.before = () => Promise.resolve();
      expect(ended).toMatchObject({ state: 'STALE', reason: expect.stringMatching(reason) });
      expect(world.commit.commits).toBe(commits);
    },
  );

  test('its owner gives it up: nothing becomes visible', async () => {
    const one = await submitted();
    const { id, digest } = one.shown;
    const commits = world.commit.commits;
    world.commit.before = async (stage) => {
      if (stage === 'VERIFYING') await world.did('alice', 'withdrawPublication', { publication: id });
    };
    await world.did('curator', 'approvePublication', { publication: id, digest });
    expect((await world.reached('alice', id, 'CANCELLED', 'PUBLISHED')).state).toBe('CANCELLED');
    world.commit.before = () => Promise.resolve();
    const { job } = await world.look('alice', id, 'job {id state}');
    for (let state = job.state as string; state === 'QUEUED' || state === 'RUNNING';) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      state = (await world.look('alice', id, 'job {state}')).job.state as string;
    }
    expect((await world.see('alice', id)).state).toBe('CANCELLED');
    expect(world.commit.commits).toBe(commits);
  });
});

describe('rights that end after the request', () => {
  /** Shows the gateway a token of a user with other groups. */
  const nowIn = async (user: string, groups: readonly string[]) => {
    const authorization = `Bearer ${await world.gateway.token(user, { groups: [...groups] })}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ query: '{viewer {groups}}' });
    expect((await world.gateway.fetch('/graphql', { method: 'POST', headers, body })).status).toBe(200);
  };
  type Requested = Pick<Shown, 'id' | 'digest'>;
  const ENDED: readonly (readonly [
    what: string,
    who: string,
    request: (name: string) => Promise<Requested>,
    reason: RegExp,
  ])[] = [
    [
      'who left the group that owns the satellite does not publish from it',
      'dave',
      async (name) => {
        const owned = { name, official: 'dp1', instruments: ['HSC'], group: 'g_lensing' };
        await world.done('alice', 'createSatellite', owned);
        await world.ingest(name, `g/g_lensing/${name}`, 1);
        const wanted = { satellite: `alice~${name}`, collections: [`g/g_lensing/${name}`], title: 'Ours' };
        const shown = await world.did('dave', 'submitPublication', wanted);
        expect(shown.owner).toBe('dave');
        return shown;
      },
      /^'alice~ours\d+' is not (there any more, or was made anew|dave's any more)\.$/,
    ],
    [
      'who left a group does not publish under its name',
      'alice',
      async (name) => {
        await world.done('alice', 'createSatellite', { name, official: 'dp1', instruments: ['HSC'] }, 'job {id}');
        await world.ingest(name, `g/g_lensing/${name}`, 1);
        const wanted = { satellite: name, collections: [`g/g_lensing/${name}`], title: 'Named' };
        return world.did('alice', 'submitPublication', wanted);
      },
      /belong to others/,
    ],
    [
      'who left a group does not let it read',
      'alice',
      async () => (await submitted({ readers: { groups: ['g_lensing'] } })).shown,
      /only groups that you are in/,
    ],
  ];

  test.each(ENDED)('%s: before it is approved', async (_what, who, request, reason) => {
    await nowIn(who, ['g_users', 'g_lensing']);
    const { id, digest } = await request(`ours${(made += 1)}`);
    await nowIn(who, ['g_users']);
    expect(await world.refused('curator', 'approvePublication', { publication: id, digest })).toBe('CONFLICT');
    const stale = await world.look('curator', id, 'state reason');
    expect(stale).toEqual({ state: 'STALE', reason: expect.stringMatching(reason) });
  });

  test.each(ENDED)('%s: while it is brought over', async (_what, who, request, reason) => {
    await nowIn(who, ['g_users', 'g_lensing']);
    const { id, digest } = await request(`ours${(made += 1)}`);
    const { commits } = world.commit;
    world.commit.before = async (stage) => {
      if (stage === 'COMMITTING') await nowIn(who, ['g_users']);
    };
    await world.did('curator', 'approvePublication', { publication: id, digest });
    const ended = await world.reached('curator', id, 'STALE', 'PUBLISHED', 'FAILED');
    world.commit.before = () => Promise.resolve();
    expect(ended).toMatchObject({ state: 'STALE', reason: expect.stringMatching(reason) });
    expect(world.commit.commits).toBe(commits);
  });
});

describe('who decides', () => {
  test('two reviewers who approve at once approve once, and it is published once', async () => {
    const { shown } = await submitted();
    const { id: publication, digest } = shown;
    const commits = world.commit.commits;
    const both = await Promise.all(
      ['curator', 'second', 'curator', 'second'].map((user) =>
        world.change(user, 'approvePublication', { publication, digest }, 'publication {id}'),
      ),
    );
    const codes = both.map(({ errors }) => errors?.[0]?.extensions['code'] ?? 'done').sort();
    expect(codes).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'done']);
    await world.reached('alice', publication, 'PUBLISHED');
    expect(world.commit.commits).toBe(commits + 1);
  });

  test('nobody approves what is their own, nor does who is no reviewer', async () => {
    const { satellite, run } = await submitted();
    // A satellite of a reviewer's group: the other reviewer owns it too.
    const own = { name: `${satellite}-g`, official: 'dp1', group: 'g_curators' };
    await world.done('curator', 'createSatellite', own, 'job {id}');
    const chain = { satellite: own.name, name: 'g/g_curators/empty', type: 'RUN' };
    await world.done('curator', 'createCollection', chain, 'collection {name}');
    const wanted = { satellite: own.name, collections: ['g/g_curators/empty'], title: 'Own' };
    const { id, state, checks } = await world.did('curator', 'submitPublication', wanted);
    expect(state).toBe('DRAFT');
    expect(checks.find(({ code }) => code === 'FILES')!.state).toBe('FAILED');
    for (const user of ['curator', 'second']) {
      const decision = { publication: id, digest: '0'.repeat(64) };
      expect(await world.refused(user, 'approvePublication', decision)).toBe('FORBIDDEN');
    }
    expect(await world.refused('bob', 'submitPublication', { satellite, collections: [run], title: 'x' })).toBe(
      'NOT_FOUND',
    );
  });

  test('a member of a group decides nothing about what has its name, though it is in no satellite of the group', async () => {
    const { satellite } = await submitted();
    await world.ingest(satellite, 'g/g_lensing/theirs', 1);
    const chain = { satellite, name: `u/alice/${satellite}-all`, type: 'CHAINED', children: ['g/g_lensing/theirs'] };
    await world.done('alice', 'createCollection', chain, 'collection {name}');
    const wanted = { satellite, collections: [chain.name], title: 'Theirs' };
    const { id: publication, digest, state } = await world.did('alice', 'submitPublication', wanted);
    expect(state).toBe('SUBMITTED');
    for (const decision of ['claimPublication', 'approvePublication']) {
      const input = { publication, ...(decision === 'approvePublication' && { digest }) };
      expect(await world.refused('third', decision, input)).toBe('FORBIDDEN');
    }
    expect(await world.did('curator', 'claimPublication', { publication })).toMatchObject({ state: 'IN_REVIEW' });
  });

  test('one who is only a reader of a satellite does not publish it', async () => {
    const { satellite, run } = await submitted();
    await world.grant({ satellite, user: 'bob' });
    const wanted = { satellite: `alice~${satellite}`, collections: [run], title: 'x' };
    expect(await world.refused('bob', 'submitPublication', wanted)).toBe('FORBIDDEN');
  });
});
