/** What sharing a part of a satellite gives and hides, whichever database it is in; everything through the gateway's faces. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSharing, type SharingWorld } from './sharing-world.ts';

/** @param yaml of the configuration, without the repositories */
export function describeSharing(name: string, database: 'SQLITE' | 'POSTGRESQL', yaml: () => Promise<string>): void {
  describe(`a part of a satellite on ${name}`, () => {
    let world: SharingWorld;
    let open: readonly string[];
    let secret: readonly string[];

    beforeAll(async () => {
      world = await openSharing({ yaml: await yaml() });
      const made = { name: 'mine', official: 'dp1', database, instruments: ['HSC'] };
      await world.done('alice', 'createSatellite', made);
      open = await world.ingest('mine', 'u/alice/open/run', 3);
      secret = await world.ingest('mine', 'u/alice/secret/run', 4);
      const at = { satellite: 'mine' };
      const tag = { ...at, name: 'u/alice/open/tag', type: 'TAGGED' };
      await world.done('alice', 'createCollection', tag, 'collection {name}');
      await world.done(
        'alice',
        'associateDatasets',
        { ...at, collection: 'u/alice/open/tag', uuids: [...secret.slice(0, 2), open[2]!] },
        'datasets',
      );
      const chain = { ...at, name: 'u/alice/open/chain', type: 'CHAINED' };
      const children = ['u/alice/secret/run', 'u/alice/open/run'];
      await world.done('alice', 'createCollection', { ...chain, children }, 'collection {name}');
      await world.grant({ satellite: 'mine', collection: 'u/alice/open/', user: 'bob', note: 'for you' });
    });
    afterAll(() => world[Symbol.asyncDispose]());

    const shared = 'alice~mine';
    const datasets = `query ($in: [String!]!, $repositories: [String!]) {
      datasets(datasetTypes: ["note"], collections: $in, repositories: $repositories, findFirst: false, first: 2) {
        totalCount pageInfo {hasNextPage endCursor} nodes {uuid run collections {name}}
      }
    }`;
    const ofBob = async (collections: readonly string[]) =>
      (await world.ask('bob', datasets, { in: collections, repositories: [shared] })).data?.datasets;

    test('is found in its RUN, in pages that are full, with its own counts', async () => {
      const found = await ofBob(['u/alice/open/run']);
      expect(found).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
      expect(found.nodes).toHaveLength(2);
    });

    test.each([
      ['a chain', 'u/alice/open/chain', () => [...open]],
      ['a tagged collection', 'u/alice/open/tag', () => [open[2]]],
    ])('does not grow through %s that holds what is not shared', async (_what, collection, expected) => {
      const found = await ofBob([collection]);
      expect(found.totalCount).toBe(expected().length);
      for (const { uuid, run } of found.nodes) {
        expect(expected()).toContain(uuid);
        expect(run).toBe('u/alice/open/run');
      }
    });

    test('is searched without being named, too', async () => {
      const { data } = await world.ask('bob', datasets, { in: ['u/alice/open/run'] });
      expect(data.datasets.totalCount).toBe(3);
    });

    test('shows no other collection, not even as a child, a parent or a suggestion', async () => {
      const query = `query ($in: [String!]) {
        collections(search: $in, repositories: ["${shared}"], includeChains: true) {totalCount nodes {name children {name} parents {name}}}
      }`;
      const all = (await world.ask('bob', query, { in: ['*'] })).data.collections;
      expect(all.nodes.map((node: { name: string }) => node.name).sort()).toEqual([
        'u/alice/open/chain',
        'u/alice/open/run',
        'u/alice/open/tag',
      ]);
      expect(all.totalCount).toBe(3);
      expect(JSON.stringify(all)).not.toContain('secret');
      const missing = async (collection: string) => {
        const { errors } = await world.ask('bob', query, { in: [collection] });
        return JSON.stringify(errors).replaceAll(collection, 'NAME');
      };
      expect(await missing('u/alice/secret/run')).toBe(await missing('u/alice/secred/run'));
    });

    test('gives its files and its datasets by UUID, and answers for others as for none', async () => {
      const byUuid = 'query ($uuid: UUID!) {dataset(uuid: $uuid) {run files {url}}}';
      const none = '00000000-0000-4000-8000-000000000000';
      expect((await world.ask('bob', byUuid, { uuid: open[0] })).data.dataset.run).toBe('u/alice/open/run');
      const file = (uuid: string) => world.fetch('bob', `/files/${shared}/${uuid}/x`);
      expect(await (await file(open[0]!)).text()).toBe('run: u/alice/open/run');
      const answers = async (uuid: string) => {
        const graph = await world.ask('bob', byUuid, { uuid });
        const id = Buffer.from(JSON.stringify(['Dataset', shared, uuid])).toString('base64url');
        const node = await world.ask('bob', 'query ($id: ID!) {node(id: $id) {id}}', { id });
        const bytes = await file(uuid);
        const head = await world.fetch('bob', `/files/${shared}/${uuid}/x`, { method: 'HEAD' });
        const all = [graph.data, graph.errors, node.data, node.errors, bytes.status, await bytes.text(), head.status];
        return JSON.stringify(all).replaceAll(uuid, 'UUID');
      };
      expect(await answers(secret[0]!)).toBe(await answers(none));
    });

    test('is all that an export, and a transfer from it, bring', async () => {
      const body = JSON.stringify({
        field: 'datasets',
        arguments: {
          datasetTypes: ['note'],
          collections: ['u/alice/open/chain'],
          repositories: [shared],
          findFirst: false,
        },
      });
      const headers = { 'content-type': 'application/json' };
      const exported = await (await world.fetch('bob', '/export', { method: 'POST', headers, body })).text();
      expect(exported).toContain(open[0]);
      for (const uuid of secret) expect(exported).not.toContain(uuid);

      await world.done('bob', 'createSatellite', { name: 'copy', official: 'dp1', instruments: ['HSC'] });
      const search = { datasetTypes: ['note'], collections: ['u/alice/open/chain'], findFirst: false };
      for (const mode of ['REFERENCE', 'COPY']) {
        const { job } = await world.done('bob', 'transferDatasets', { from: shared, to: 'copy', search, mode });
        expect(job.result).toMatchObject({ datasets: 3 });
      }
      const asked = { from: shared, to: 'copy', uuids: [secret[0]!], dryRun: true };
      const refused = await world.change('bob', 'transferDatasets', asked, 'plan {datasets}');
      const none = { ...asked, uuids: ['00000000-0000-4000-8000-000000000000'] };
      const words = ({ data, errors }: typeof refused) =>
        JSON.stringify([data, errors]).replaceAll(secret[0]!, 'UUID').replaceAll(none.uuids[0]!, 'UUID');
      expect(words(refused)).toBe(words(await world.change('bob', 'transferDatasets', none, 'plan {datasets}')));
    });

    test('says who may read it to its owner, and to others only why they may', async () => {
      const query = `{collections(search: ["u/alice/open/run"], repositories: ["${shared}"]) {nodes {access {owner isOwner reasons grants {user note collection}}}}}`;
      const [alices] = (await world.ask('alice', query)).data.collections.nodes;
      const grant = { user: 'bob', note: 'for you', collection: 'u/alice/open/' };
      expect(alices.access).toEqual({
        owner: 'alice',
        isOwner: true,
        reasons: ['alice is its owner.'],
        grants: [grant],
      });
      const [bobs] = (await world.ask('bob', query)).data.collections.nodes;
      expect(bobs.access).toMatchObject({ owner: 'alice', isOwner: false, grants: [grant] });
      expect(bobs.access.reasons).toEqual([
        expect.stringContaining("of collections below 'u/alice/open/' to user bob"),
      ]);
    });

    test('counts for a dataset type, and for the dimension records, only as far as it is readable', async () => {
      const types = `{repository(name: "${shared}") {usage {datasets} datasetTypes {name}}}`;
      const { data } = await world.ask('bob', types);
      expect(data.repository.usage?.datasets ?? 3).toBe(3);
    });
  });
}
