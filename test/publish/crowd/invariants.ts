/** What holds in the published repository whatever a crowd does: I1 to I8. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { streamDatasets } from '../../../src/repository/search/streams.ts';
import { secretsBelow, secretsIn } from '../../secrets.ts';
import { keyOf, OWNERS, REVIEWERS, USERS, type CrowdWorld, type FrozenVersion } from './crowd-world.ts';
import { settled } from './operations.ts';

interface Present {
  readonly collection: string;
  readonly path: string;
  readonly checksum: string | null;
  readonly size: number | null;
}

const contextOf = () => ({ caller: { username: 'judge' }, signal: AbortSignal.timeout(120_000) });

/** All datasets of the published repository at one moment, by UUID. */
async function present(world: CrowdWorld): Promise<ReadonlyMap<string, Present>> {
  const repository = await openDirectRepository({ name: 'published', path: world.publishedRoot });
  try {
    for (;;) {
      const ctx = contextOf();
      const before = await repository.generation(ctx);
      const datasetTypes = [...(await repository.datasetTypes(ctx)).keys()];
      const names = (await repository.collections({ search: ['*'] }, ctx)).map(({ name }) => name);
      const search = { datasetTypes, collections: names, findFirst: false, implied: false };
      const rows =
        names.length === 0 || datasetTypes.length === 0
          ? []
          : (await Array.fromAsync(streamDatasets([repository], search, ctx))).flat();
      const recorded = await repository.files(
        rows.map(({ uuid }) => uuid),
        ctx,
      );
      // Each change has a number of its own.
      if ((await repository.generation(contextOf())) !== before) continue;
      return new Map(rows.map(({ uuid, run }) => [uuid, { collection: run, ...recorded.get(uuid)![0]! }]));
    }
  } finally {
    await repository.close();
  }
}

/** Versions whose approval was taken: of what was looked at, by a reviewer whose it is not (I7). */
function approved(world: CrowdWorld): readonly FrozenVersion[] {
  const versions = [...world.frozen.values()].filter(({ approvals }) => approvals.length > 0);
  for (const { owner, digest, approvals } of versions) {
    expect(approvals.length).toBe(1);
    expect(REVIEWERS.filter((reviewer) => reviewer !== owner)).toContain(approvals[0]!.by);
    expect(approvals[0]!.digest).toBe(digest);
  }
  return versions;
}

/**
 * What is there at any moment: each collection holds what was approved, of one version of each of its publications, and all
 * of it (I3); each dataset has its file, with the bytes that were reviewed (I1, I2).
 */
export async function checkContent(world: CrowdWorld): Promise<ReadonlyMap<string, Present>> {
  const datasets = await present(world);
  const versions = approved(world);
  for (const [collection, inIt] of Map.groupBy(datasets, ([, { collection: run }]) => run)) {
    const ofCollection = Map.groupBy(
      versions.filter((version) => version.collection === collection),
      ({ publication }) => publication,
    );
    let unions: ReadonlySet<string>[] = [new Set()];
    for (const candidates of ofCollection.values()) {
      unions = unions.flatMap((union) => [union, ...candidates.map(({ files }) => union.union(new Set(files.keys())))]);
    }
    const uuids = new Set(inIt.map(([uuid]) => uuid));
    const isWhole = unions.some((union) => union.symmetricDifference(uuids).size === 0);
    expect(isWhole, `${collection} holds ${[...uuids].join()}, which is no version of it`).toBe(true);
  }
  for (const [uuid, { path, checksum, size }] of datasets) {
    const bytes = await readFile(join(world.publishedRoot, path)).catch(() => null);
    // It can have been withdrawn since.
    if (bytes === null && !(await present(world)).has(uuid)) continue;
    expect(bytes?.length, `the file of ${uuid}`).toBe(size);
    const sha256 = createHash('sha256').update(bytes!).digest('hex');
    expect(sha256).toBe(checksum);
    expect(versions.some(({ files }) => files.get(uuid) === sha256)).toBe(true);
  }
  return datasets;
}

/** Somebody who was never let in, or is not any more, is told what they are told of what is not there (I4, I5). */
export async function checkDenied(world: CrowdWorld): Promise<void> {
  const { random } = world;
  if (world.known.length === 0) return;
  const { collection, owner } = random.pick(world.known);
  const user = random.pick(USERS);
  const ofCollection = world.known.filter((one) => one.collection === collection);
  const proposed = new Set(ofCollection.flatMap((one) => [...one.proposed]));
  const isGranted = world.grants.some((one) => !one.isRevoked && one.collection === collection && one.user === user);
  const isLetIn = ['*', user, ...world.groups[user]!].some((who) => proposed.has(who));
  if (user === owner || isGranted || isLetIn) return;
  const asked = async (name: string) => {
    const query = `query ($c: [String!]!) {
      datasets(datasetTypes: ["*"], collections: $c, repositories: ["published"], findFirst: false) {totalCount nodes {uuid}}
    }`;
    const { data, errors } = await world.ask(user, query, { c: [name] });
    const said = errors?.map(({ message, extensions }) => [extensions['code'], message.replaceAll(name, 'NAME')]);
    return { data: data as unknown, said: JSON.stringify(said ?? []).replace(/ Did you mean [^?]*\?/, '') };
  };
  const absent = collection.replace(/\d+$/, (number) => '0'.repeat(number.length));
  const rights = { user, groups: world.groups[user], collection, proposed: [...proposed] };
  expect(await asked(collection), JSON.stringify(rights)).toEqual(await asked(absent));
}

/** What users show to be let in, and what lets others in for a while, is in no error and no line of the log (I8). */
export function checkSaid(world: CrowdWorld): void {
  expect(secretsIn(world.heard(), 'what the gateway said')).toEqual([]);
}

/** Nor is it in what is kept: the state, the published repository, satellites (I8). */
async function checkKept(world: CrowdWorld): Promise<void> {
  expect(await secretsBelow(world.directory)).toEqual([]);
  expect(secretsIn(await world.rows(), 'the rows of databases')).toEqual([]);
}

/** When nothing is done any more: what is there is what is PUBLISHED, its owner reads it, and nothing else is left (I3, I6, I8). */
export async function checkSettled(world: CrowdWorld): Promise<void> {
  const ids = new Set<string>();
  for (const owner of OWNERS) {
    const { data } = await world.ask(owner, '{publications(first: 1000) {nodes {id owner}}}');
    const nodes = data.publications.nodes as { id: string; owner: string }[];
    for (const node of nodes.filter((one) => one.owner === owner)) ids.add(node.id);
  }
  expect([...ids].sort()).toEqual(world.known.map(({ publication }) => publication).sort());
  const expected = new Set<string>();
  for (const known of world.known) {
    await settled(world, known);
    const fields = 'versions {version state}';
    const answer = await world.ask(known.owner, `query ($id: ID!) {publication(id: $id) {${fields}}}`, {
      id: known.publication,
    });
    const { versions } = answer.data.publication as { versions: { version: number; state: string }[] };
    const published = versions.filter(({ state }) => state === 'PUBLISHED');
    expect(published.length).toBeLessThanOrEqual(1);
    for (const { version } of published) {
      const { files } = world.frozen.get(keyOf(known.publication, version))!;
      for (const uuid of files.keys()) expected.add(uuid);
    }
  }
  const datasets = await checkContent(world);
  expect([...datasets.keys()].sort()).toEqual([...expected].sort());
  for (const [collection, inIt] of Map.groupBy(datasets.values(), (dataset) => dataset.collection)) {
    const query = `query ($c: [String!]!) {
      datasets(datasetTypes: ["*"], collections: $c, repositories: ["published"], findFirst: false) {totalCount}
    }`;
    const { data: own } = await world.ask(collection.split('/')[1]!, query, { c: [collection] });
    expect(own?.datasets?.totalCount).toBe(inIt.length);
  }
  const entries = await readdir(world.publishedRoot, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const paths = new Set([...datasets.values()].map(({ path }) => join(world.publishedRoot, path)));
  const others = files.filter((file) => !paths.has(file) && !/\/(butler\.yaml|gen3\.sqlite3(-journal)?)$/.test(file));
  expect(others).toEqual([]);
  await checkKept(world);
}
