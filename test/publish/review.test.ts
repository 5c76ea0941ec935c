/** From a request to what is published, and back. */
import { describe, expect, test, vi } from 'vitest';
import { keyOf } from './kept-commit.ts';
import { publishingOfFile, SHOWN, type Shown } from './publishing-world.ts';

const world = await publishingOfFile();

/** What somebody hears of by `publicationEvents`, from now on. */
async function listen(user: string, fields: string): Promise<{ readonly text: string }> {
  const response = await world.fetch(user, '/graphql/stream', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: `subscription {publicationEvents {${fields}}}` }),
  });
  const heard = { text: '' };
  void (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) heard.text += chunk;
  })().catch(() => undefined);
  return heard;
}

const failedChecks = ({ checks }: Shown) => checks.filter(({ state }) => state === 'FAILED').map(({ code }) => code);

describe('a run’s outputs', () => {
  test('are submitted, sent back with a comment, fixed, approved and published, and withdrawn to a tombstone', async () => {
    const uuids = await world.filled('work', 'u/alice/run', 3);
    const wanted = {
      satellite: 'work',
      collections: ['u/alice/run-chain'],
      title: 'Notes',
      readers: { users: ['bob'] },
    };
    const first = await world.did('alice', 'submitPublication', wanted);
    expect(first).toMatchObject({ version: 1, state: 'SUBMITTED', owner: 'alice', reason: null });
    expect(first.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(failedChecks(first)).toEqual([]);
    const { id } = first;
    // Nobody else knows of it.
    expect(await world.see('bob', id)).toBeNull();
    expect(await world.refused('bob', 'commentPublication', { publication: id, comment: 'hm' })).toBe('NOT_FOUND');
    const { data } = await world.ask('curator', '{publications(toReview: true) {nodes {id}}}');
    expect(data.publications.nodes).toEqual([{ id }]);
    const manifest = await world.look(
      'curator',
      id,
      `manifest {datasetCount bytes universe {version} datasetTypes collections {name type children isOfficial}
        datasets(first: 2) {nodes {uuid datasetType run dataId files} pageInfo {hasNextPage endCursor}}}`,
    );
    expect(manifest.manifest).toMatchObject({
      datasetCount: 3,
      bytes: 3 * 'run: u/alice/run'.length,
      collections: [
        { name: 'u/alice/run', type: 'RUN', children: [], isOfficial: false },
        { name: 'u/alice/run-chain', type: 'CHAINED', children: ['u/alice/run'], isOfficial: false },
      ],
    });
    const [shown] = manifest.manifest.datasets.nodes;
    expect(manifest.manifest.datasets.pageInfo.hasNextPage).toBe(true);
    expect(uuids).toContain(shown.uuid);
    expect(shown.files[0]).toMatchObject({ size: 16, storageClass: 'StructuredDataDict', component: null });

    expect(await world.refused('curator', 'requestPublicationChanges', { publication: id })).toBe('BAD_USER_INPUT');
    const back = { publication: id, comment: 'One dataset more, please.' };
    const sent = await world.did('curator', 'requestPublicationChanges', back);
    expect(sent).toMatchObject({ state: 'CHANGES_REQUESTED', reason: back.comment });
    expect(sent.comments).toEqual([{ author: 'curator', text: back.comment }]);
    expect(await world.refused('curator', 'approvePublication', { publication: id, digest: first.digest })).toBe(
      'CONFLICT',
    );

    const more = await world.ingest('work', 'u/alice/run', 2, { name: 'remark' });
    const second = await world.did('alice', 'submitPublication', { ...wanted, publication: id, title: 'More notes' });
    expect(second).toMatchObject({ id, version: 2, state: 'SUBMITTED' });
    expect(second.digest).not.toBe(first.digest);
    const { diff, versions } = await world.look(
      'curator',
      id,
      'diff {from added removed changed datasets other} versions {version state}',
    );
    expect(diff).toMatchObject({ from: 1, added: 2, removed: 0, changed: 0 });
    expect(diff.other).toEqual(["Dataset types added: 'remark'.", 'Another title: "More notes" instead of "Notes".']);
    expect(versions).toEqual([
      { version: 2, state: 'SUBMITTED' },
      { version: 1, state: 'CHANGES_REQUESTED' },
    ]);

    // The digest of what was looked at before is that of another.
    const approval = { publication: id, digest: first.digest };
    expect(await world.refused('second', 'approvePublication', approval)).toBe('CONFLICT');
    expect(await world.refused('alice', 'approvePublication', { ...approval, digest: second.digest })).toBe(
      'FORBIDDEN',
    );
    await world.did('curator', 'claimPublication', { publication: id });
    expect(await world.refused('second', 'claimPublication', { publication: id })).toBe('CONFLICT');
    await world.did('curator', 'approvePublication', { ...approval, digest: second.digest, comment: 'Thank you.' });
    const published = await world.reached('alice', id, 'PUBLISHED');
    expect(published.comments.map(({ text }) => text)).toEqual([back.comment, 'Thank you.']);
    expect([...world.commit.visible.get(keyOf({ publication: id, version: 2 }))!].sort()).toEqual(
      [...uuids, ...more].sort(),
    );

    // Readers know of it, and of nothing that was said.
    const access =
      'query ($c: String) {effectiveAccess(satellite: "published", collection: $c, user: "bob") {allowed}}';
    const allowed = async () =>
      (await world.ask('bob', access, { c: 'u/alice/run' })).data.effectiveAccess.allowed as boolean;
    expect(await allowed()).toBe(true);
    expect(await world.see('bob', id)).toMatchObject({ state: 'PUBLISHED', comments: [], checks: [] });
    expect(await world.see('carol', id)).toBeNull();
    expect(await world.refused('bob', 'withdrawPublication', { publication: id, comment: 'mine!' })).toBe('FORBIDDEN');

    expect(await world.refused('alice', 'withdrawPublication', { publication: id })).toBe('BAD_USER_INPUT');
    const gone = await world.done('alice', 'withdrawPublication', { publication: id, comment: 'An error in it.' });
    expect(gone.job.state).toBe('COMPLETED');
    expect(await world.see('alice', id)).toMatchObject({ state: 'WITHDRAWN', reason: 'An error in it.' });
    expect(world.commit.visible.size).toBe(0);
    expect(await allowed()).toBe(false);
    expect(await world.see('bob', id)).toBeNull();
  });

  test('are told of by a subscription', async () => {
    await world.filled('watched', 'u/alice/watched', 1);
    const wanted = { satellite: 'watched', collections: ['u/alice/watched'], title: 'Watched' };
    const { id, digest } = await world.did('alice', 'submitPublication', wanted);
    const query = `subscription {publicationUpdates(id: "${id}") {${SHOWN}}}`;
    const response = await world.fetch('alice', '/graphql/stream', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query }),
    });
    const approved = world.did('curator', 'approvePublication', { publication: id, digest });
    let text = '';
    const states = () => [...text.matchAll(/"state":"([A-Z_]+)","reason"/g)].map(([, state]) => state);
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (states().includes('PUBLISHED')) break;
    }
    expect(states().at(-1)).toBe('PUBLISHED');
    await approved;
  });

  test('are told of to those who own or review them, new ones too, and to nobody else', async () => {
    const fields = 'event publication {title}';
    const [alice, curator, bob] = [
      await listen('alice', fields),
      await listen('curator', fields),
      await listen('bob', fields),
    ];
    await world.filled('queued', 'u/alice/queued', 1);
    // One who has begun to listen hears of what comes after that.
    const wanted = { satellite: 'queued', collections: ['u/alice/queued'], title: 'Queued' };
    const { id } = await world.did('alice', 'submitPublication', wanted);
    await world.did('curator', 'commentPublication', { publication: id, comment: 'A licence, please.' });
    const heard = (event: string) => `{"event":"${event}","publication":{"title":"Queued"}}`;
    for (const one of [alice, curator]) {
      for (const event of ['SUBMITTED', 'COMMENTED']) {
        await vi.waitFor(() => expect(one.text).toContain(heard(event)), { timeout: 240_000 });
      }
      expect(one.text.split(heard('SUBMITTED'))).toHaveLength(2);
    }
    expect(bob.text).not.toContain('Queued');
  });

  test('are told of version by version, each to those who see that one', async () => {
    const fields = 'event version publication {id version state}';
    const [alice, curator] = [await listen('alice', fields), await listen('curator', fields)];
    await world.filled('again', 'u/alice/again', 1);
    const wanted = { satellite: 'again', collections: ['u/alice/again'], title: 'Again' };
    const { id, digest } = await world.did('alice', 'submitPublication', wanted);
    await world.did('curator', 'approvePublication', { publication: id, digest });
    await world.reached('alice', id, 'PUBLISHED');
    const heard = (event: string, version: number, state: string) =>
      `{"event":"${event}","version":${version},"publication":{"id":"${id}","version":${version},"state":"${state}"}}`;
    await vi.waitFor(() => expect(curator.text).toContain(heard('PUBLISHED', 1, 'PUBLISHED')), { timeout: 240_000 });

    // Its official name is that of another collection: it stays a draft.
    const own = { satellite: 'again', name: 'HSC/defaults', type: 'TAGGED' };
    await world.done('alice', 'createCollection', own, 'collection {name}');
    const wrong = { ...wanted, publication: id, collections: [...wanted.collections, own.name] };
    const draft = await world.did('alice', 'submitPublication', wrong);
    expect(draft).toMatchObject({ version: 2, state: 'DRAFT' });
    await world.did('alice', 'commentPublication', { publication: id, comment: 'Secret plans.' });
    await vi.waitFor(() => expect(alice.text).toContain(heard('COMMENTED', 2, 'DRAFT')), { timeout: 240_000 });

    await world.ingest('again', 'u/alice/again', 1, { name: 'addition' });
    const last = await world.did('alice', 'submitPublication', { ...wanted, publication: id });
    await world.did('curator', 'approvePublication', { publication: id, digest: last.digest });
    for (const one of [alice, curator]) {
      await vi.waitFor(() => expect(one.text).toContain(heard('WITHDRAWN', 1, 'WITHDRAWN')), { timeout: 240_000 });
    }
    expect(curator.text).not.toContain(`"version":2,"publication":{"id":"${id}"`);
  });
});
