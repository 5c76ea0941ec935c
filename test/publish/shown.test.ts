/** What a page shows of a publication beside what was submitted: how much there is, where, and what one may do. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { summaryOf } from '../../src/publish/manifest-summary.ts';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { manifestOf } from './manifest-of.ts';
import { openPublishing, type PublishingWorld } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

test('datasets are counted by type, and are where the record says that tells best', async () => {
  const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(600_000) };
  const repository = await openDirectRepository({ name: 'dp1', path: sqliteRepository('official') });
  try {
    const names = ['LSSTCam/runs/nightly/20251204', 'HSC/runs/RC2/w_2026_41/DM-52100'];
    const manifest = await manifestOf(repository, names, ctx);
    const { sizes, regions, elsewhere } = await summaryOf(manifest, await repository.universe());
    expect(sizes.map(({ datasetType, datasetCount }) => [datasetType, datasetCount])).toEqual([
      ['deepCoadd', 6],
      ['directWarp', 4],
      ['goodSeeingDiff', 2],
      ['nightReport', 2],
      ['objectTable', 2],
      ['packages', 1],
      ['src', 8],
      ['visitSummary', 7],
    ]);
    const inElements = Object.groupBy(regions, ({ element }) => element);
    const counts = Object.entries(inElements).map(([element, found = []]) => [
      element,
      found.length,
      found.reduce((sum, { datasetCount }) => sum + datasetCount, 0),
    ]);
    expect(counts.sort()).toEqual([
      ['patch', 4, 6 + 4],
      ['tract', 2, 2],
      ['visit', 7, 7],
      ['visit_detector_region', 8, 2 + 8],
    ]);
    const patch = { skymap: 'hsc_rings_v1', tract: 9816, patch: 1 };
    expect(regions).toContainEqual(expect.objectContaining({ element: 'patch', dataId: patch, datasetCount: 4 }));
    // Of days, and of nothing.
    expect(elsewhere).toBe(2 + 1);
  } finally {
    await repository.close();
  }
});

describe('a publication', () => {
  let world: PublishingWorld;
  beforeAll(async () => {
    world = await openPublishing();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('says what one may do about it, and nothing of an earlier version', async () => {
    await world.filled('work', 'u/alice/run', 2);
    const wanted = { satellite: 'work', collections: ['u/alice/run-chain'], title: 'Notes' };
    const { id } = await world.did('alice', 'submitPublication', wanted);
    const actions = async (user: string) => (await world.look(user, id, 'actions')).actions as readonly string[];
    expect(await actions('alice')).toEqual(['COMMENT', 'WITHDRAW']);
    expect(await actions('curator')).toEqual(['CLAIM', 'COMMENT', 'REQUEST_CHANGES', 'APPROVE', 'REJECT']);
    await world.did('curator', 'claimPublication', { publication: id });
    expect(await actions('second')).toEqual(['COMMENT']);

    await world.did('curator', 'requestPublicationChanges', { publication: id, comment: 'More.' });
    expect(await actions('curator')).toEqual(['COMMENT']);
    expect(await actions('alice')).toEqual(['COMMENT', 'WITHDRAW', 'SUBMIT']);
    const { digest } = await world.did('alice', 'submitPublication', { ...wanted, publication: id, title: 'More' });
    const { data } = await world.ask('curator', `{publication(id: "${id}", version: 1) {actions}}`);
    expect(data.publication.actions).toEqual([]);

    await world.did('curator', 'approvePublication', { publication: id, digest });
    await world.reached('alice', id, 'PUBLISHED');
    expect(await actions('second')).toEqual(['COMMENT', 'WITHDRAW']);
    expect(await actions('bob')).toEqual([]);
  });

  test('without regions has numbers, and nothing on the sky', async () => {
    await world.filled('plain', 'u/alice/plain', 3);
    const wanted = { satellite: 'plain', collections: ['u/alice/plain'], title: 'Plain' };
    const { id } = await world.did('alice', 'submitPublication', wanted);
    const fields = 'manifest {sizes {datasetType datasetCount bytes} sky {regions {regionPos} regionCount elsewhere}}';
    expect((await world.look('curator', id, fields)).manifest).toEqual({
      sizes: [{ datasetType: 'note', datasetCount: 3, bytes: 3 * 'run: u/alice/plain'.length }],
      sky: { regions: [], regionCount: 0, elsewhere: 3 },
    });
    const none = await world.ask('curator', `{publication(id: "${id}") {manifest {sky(first: 0) {regionCount}}}}`);
    expect(none.errors![0]!.extensions['code']).toBe('BAD_USER_INPUT');
    const page = `{publication(id: "${id}") {manifest {datasets(after: "zzz") {nodes {uuid}}}}}`;
    expect((await world.ask('curator', page)).errors![0]!.extensions['code']).toBe('BAD_USER_INPUT');
    const lines = { ...wanted, title: 'Plain\nState: approved' };
    expect(await world.refused('alice', 'submitPublication', lines)).toBe('BAD_USER_INPUT');
  });

  test('has a page at an address of its own, which is found below any path and loads nothing from elsewhere', async () => {
    const get = (path: string) => world.fetch('alice', path);
    for (const [path, right] of [
      ['/publications', 'publications/'],
      ['/publications?show=review', 'publications/?show=review'],
      ['/publications/some-id/', '../some-id'],
    ] as const) {
      const answer = await get(path);
      expect([answer.status, answer.headers.get('location')]).toEqual([308, right]);
    }
    for (const path of ['/publications/', '/publications/some-id?version=1']) {
      const answer = await get(path);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const policy = answer.headers.get('content-security-policy')!;
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';");
      const links = [...(await answer.text()).matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link!);
      for (const link of links) expect(link).toMatch(/^(\.\/assets\/[\w.-]+|data:,)$/);
      const script = links.find((link) => link.endsWith('.js'))!;
      const { headers } = await get(`/publications/${script}`);
      expect(headers.get('content-type')).toContain('javascript');
      expect(headers.get('cache-control')).toContain('immutable');
    }
    expect(await (await get('/publications/settings.json')).json()).toEqual({ endpoint: '../graphql', headers: {} });
  });
});
