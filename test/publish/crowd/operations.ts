/** What users of a crowd do, each thing at random: whatever it comes to, the invariants hold (`invariants.ts`). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { GROUPS, keyOf, OWNERS, REVIEWERS, USERS, type CrowdWorld, type Known } from './crowd-world.ts';

type Operation = (world: CrowdWorld) => Promise<void>;

const SUBMITTED = 'publication {id version state digest} job {id}';

/** How often each is done, compared with the others. */
export const OPERATIONS: readonly (readonly [weight: number, operation: Operation])[] = [
  [8, submit],
  [10, approve],
  [4, approveWrongly],
  [2, approveTwice],
  [3, claimOrComment],
  [3, sendBack],
  [4, withdraw],
  [4, grant],
  [3, revoke],
  [3, addData],
  [2, tamper],
  [1, deleteSatellite],
  [2, changeGroups],
  [3, touchJob],
  [0.5, (world) => world.restart()],
];

/** A satellite of a user that has data, made where there is none. */
async function satelliteOf(world: CrowdWorld, owner: string) {
  const there = world.satellites.get(owner);
  if (there) return there;
  const name = world.fresh('work');
  const made = await world.change(
    owner,
    'createSatellite',
    { name, official: 'dp1', instruments: ['HSC'] },
    'job {id}',
  );
  if (made.code || !(await world.completed(owner, made.data.job as { id: string } | null))) return null;
  const satellite = { name, runs: [] };
  world.satellites.set(owner, satellite);
  return satellite;
}

async function addData(world: CrowdWorld): Promise<void> {
  const owner = world.random.pick(OWNERS);
  const satellite = await satelliteOf(world, owner);
  if (!satellite) return;
  const isNew = satellite.runs.length === 0 || world.random.chance(0.5);
  const run = isNew ? `u/${owner}/${world.fresh('run')}` : world.random.pick(satellite.runs);
  if ((await world.ingest(owner, satellite.name, run)) && isNew) satellite.runs.push(run);
}

function readersOf(world: CrowdWorld) {
  const { random } = world;
  return random.weighted<{ allUsers?: true; users?: string[]; groups?: string[] }>([
    [1, { allUsers: true }],
    [2, { users: [random.pick(USERS)] }],
    [1, { groups: [random.pick(GROUPS)] }],
    [1, {}],
  ]);
}

async function submit(world: CrowdWorld): Promise<void> {
  const { random } = world;
  const again = random.chance(0.4) && world.known.length > 0 ? random.pick(world.known) : null;
  const owner = again?.owner ?? random.pick(OWNERS);
  if ((world.satellites.get(owner)?.runs.length ?? 0) === 0) await addData(world);
  const satellite = world.satellites.get(owner);
  if (!satellite || satellite.runs.length === 0) return;
  const collection = again?.collection ?? random.pick(satellite.runs);
  const readers = readersOf(world);
  const input = { satellite: satellite.name, collections: [collection], title: collection, readers };
  const wanted = { ...input, ...(again && { publication: again.publication }) };
  const by = again && random.chance(0.1) ? random.pick(USERS) : owner;
  const { data } = await world.change(by, 'submitPublication', wanted, SUBMITTED);
  if (!data) return;
  const { id } = data.publication as { readonly id: string };
  let known = world.known.find(({ publication }) => publication === id);
  if (!known) {
    known = { publication: id, owner, satellite: satellite.name, collection, proposed: new Set() };
    world.known.push(known);
  }
  // Where nobody is named, they are all users.
  if (Object.keys(readers).length === 0 || readers.allUsers) known.proposed.add('*');
  for (const name of [...(readers.users ?? []), ...(readers.groups ?? [])]) known.proposed.add(name);
  await remember(world, known);
}

interface Seen {
  readonly state: string;
  readonly version: number;
  readonly digest: string | null;
  readonly job: { readonly id: string } | null;
}

/** What a reviewer sees; what is frozen is remembered as they see it first. */
async function remember(world: CrowdWorld, { publication, owner, collection }: Known): Promise<Seen | null> {
  const fields = 'state version digest job {id} manifest {datasets(first: 1000) {nodes {uuid files}}}';
  const { data } = await world.ask('curator', `query ($id: ID!) {publication(id: $id) {${fields}}}`, {
    id: publication,
  });
  const seen = data?.publication as (Seen & { readonly manifest: any }) | null; // eslint-disable-line @typescript-eslint/no-explicit-any
  if (!seen) return null;
  if (seen.job && !world.jobs.some(({ id }) => id === seen.job!.id)) world.jobs.push({ id: seen.job.id, owner });
  const key = keyOf(publication, seen.version);
  if (seen.digest !== null && seen.manifest && seen.state !== 'DRAFT' && !world.frozen.has(key)) {
    const nodes = seen.manifest.datasets.nodes as { uuid: string; files: { sha256: string }[] }[];
    const files = new Map(nodes.map((node) => [node.uuid, node.files[0]!.sha256]));
    const { version, digest } = seen;
    world.frozen.set(key, { publication, version, owner, digest, collection, files, approvals: [] });
  }
  return seen;
}

async function approve(world: CrowdWorld): Promise<void> {
  const known = await toReview(world);
  const seen = known && (await remember(world, known));
  if (!seen?.digest) return;
  const by = world.random.pick(REVIEWERS);
  const { data } = await approveBy(world, by, known!, seen.digest);
  if (!data) return;
  approvalOf(world, known!, seen, by);
  if (world.random.chance(0.6)) await settled(world, known!);
}

/** Some publication that waits for a review, as the queue has it. */
async function toReview(world: CrowdWorld): Promise<Known | null> {
  const { data } = await world.ask('curator', '{publications(toReview: true, first: 50) {nodes {id}}}');
  const ids = (data.publications.nodes as { id: string }[]).map(({ id }) => id);
  return world.known.find(({ publication }) => publication === world.random.pick(ids)) ?? null;
}

function approveBy(world: CrowdWorld, by: string, { publication }: Known, digest: string) {
  return world.change(by, 'approvePublication', { publication, digest }, 'publication {id version}');
}

function approvalOf(world: CrowdWorld, { publication }: Known, { version, digest }: Seen, by: string): void {
  world.frozen.get(keyOf(publication, version))!.approvals.push({ by, digest: digest! });
}

/** By an owner, by somebody who reviews nothing, or of what was looked at before. */
async function approveWrongly(world: CrowdWorld): Promise<void> {
  const known = await toReview(world);
  const seen = known && (await remember(world, known));
  if (!seen?.digest) return;
  const before = world.frozen.get(keyOf(known!.publication, seen.version - 1))?.digest ?? '0'.repeat(64);
  const others = USERS.filter((user) => !REVIEWERS.includes(user));
  const [by, digest] = world.random.pick([
    [known!.owner, seen.digest],
    [world.random.pick(others), seen.digest],
    ['curator', before === seen.digest ? '0'.repeat(64) : before],
  ] as const);
  expect(await approveBy(world, by, known!, digest)).toHaveProperty('code');
}

async function approveTwice(world: CrowdWorld): Promise<void> {
  const known = await toReview(world);
  const seen = known && (await remember(world, known));
  if (!seen?.digest) return;
  const both = ['curator', 'second'];
  const answers = await Promise.all(both.map((by) => approveBy(world, by, known!, seen.digest!)));
  const done = both.filter((_, i) => answers[i]!.data);
  expect(done.length).toBeLessThanOrEqual(1);
  for (const by of done) approvalOf(world, known!, seen, by);
}

async function claimOrComment(world: CrowdWorld): Promise<void> {
  const known = await toReview(world);
  if (!known) return;
  const by = world.random.pick(USERS);
  const mutation = world.random.pick(['claimPublication', 'commentPublication']);
  await world.change(by, mutation, { publication: known.publication, comment: 'Hm.' }, 'publication {id}');
}

async function sendBack(world: CrowdWorld): Promise<void> {
  const known = await toReview(world);
  if (!known) return;
  const mutation = world.random.pick(['requestPublicationChanges', 'requestPublicationChanges', 'rejectPublication']);
  const input = { publication: known.publication, comment: 'Something is missing.' };
  await world.change(world.random.pick(REVIEWERS), mutation, input, 'publication {id}');
}

async function withdraw(world: CrowdWorld): Promise<void> {
  if (world.known.length === 0) return;
  const known = world.random.pick(world.known);
  const by = world.random.pick([known.owner, known.owner, 'curator', world.random.pick(USERS)]);
  const input = { publication: known.publication, comment: 'It was wrong.' };
  await world.change(by, 'withdrawPublication', input, 'publication {id} job {id}');
}

async function grant(world: CrowdWorld): Promise<void> {
  if (world.known.length === 0) return;
  const { owner, collection } = world.random.pick(world.known);
  const user = world.random.pick(USERS);
  const by = world.random.chance(0.8) ? owner : world.random.pick(USERS);
  const input = { satellite: 'published', collection, user };
  const { data } = await world.change(by, 'grantAccess', input, 'grant {id}');
  if (!data) return;
  expect(by).toBe(owner);
  world.grants.push({ id: data.grant.id as string, by, collection, user, isRevoked: false });
}

async function revoke(world: CrowdWorld): Promise<void> {
  const left = world.grants.filter(({ isRevoked }) => !isRevoked);
  if (left.length === 0) return;
  const one = world.random.pick(left);
  const { code } = await world.change(one.by, 'revokeAccess', { grant: one.id }, 'grant {id}');
  // A withdrawal takes them back too.
  expect([undefined, 'NOT_FOUND']).toContain(code);
  one.isRevoked = true;
}

/** Writes other bytes of the same length, as the owner's own Python could. */
async function tamper(world: CrowdWorld): Promise<void> {
  const owner = world.random.pick([...world.satellites.keys()]);
  const satellite = world.satellites.get(owner);
  if (!satellite) return;
  const { data } = await world.ask(owner, 'query ($n: String!) {satellite(name: $n) {uri}}', { n: satellite.name });
  const uri = data?.satellite?.uri as string | undefined;
  if (uri === undefined) return;
  const root = uri.startsWith('file:') ? fileURLToPath(uri) : uri;
  const registry = new Database(join(root, 'gen3.sqlite3'), { readonly: true });
  const files = registry.prepare('SELECT path, file_size FROM file_datastore_records').all();
  registry.close();
  if (files.length === 0) return;
  const { path, file_size: size } = world.random.pick(files) as { path: string; file_size: number };
  await writeFile(join(root, path), `x: ${world.fresh('changed')}`.padEnd(size, ' ').slice(0, size));
}

async function deleteSatellite(world: CrowdWorld): Promise<void> {
  const owner = world.random.pick([...world.satellites.keys()]);
  const satellite = world.satellites.get(owner);
  if (!satellite) return;
  const input = { satellite: satellite.name, purge: world.random.chance(0.5) };
  if ((await world.change(owner, 'deleteSatellite', input, 'job {id}')).data) world.satellites.delete(owner);
}

async function changeGroups(world: CrowdWorld): Promise<void> {
  const user = world.random.pick(USERS);
  const fixed = world.groups[user]!.filter((group) => !GROUPS.includes(group));
  world.groups[user] = [...fixed, ...GROUPS.filter(() => world.random.chance(0.5))];
  // The gateway learns of it when it sees them next.
  await world.ask(user, '{viewer {groups}}');
}

async function touchJob(world: CrowdWorld): Promise<void> {
  if (world.jobs.length === 0) return;
  const { id, owner } = world.random.pick(world.jobs);
  const by = world.random.chance(0.9) ? owner : world.random.pick(USERS);
  await world.change(by, world.random.pick(['cancelJob', 'retryJob', 'retryJob']), { job: id }, 'job {id}');
}

const MOVING = ['APPROVED', 'STAGING', 'VERIFYING', 'COMMITTING'];

/** Waits until nothing is done about a publication any more. */
export async function settled(world: CrowdWorld, { publication, owner }: Known): Promise<void> {
  for (const end = performance.now() + 240_000; ;) {
    const { data } = await world.ask(owner, 'query ($id: ID!) {publication(id: $id) {versions {state job {state}}}}', {
      id: publication,
    });
    // Of an earlier one too, which may be being taken out.
    const versions = data.publication.versions as readonly { state: string; job: { state: string } | null }[];
    const isMoving = ({ state, job }: (typeof versions)[number]) =>
      MOVING.includes(state) || ['QUEUED', 'RUNNING'].includes(job?.state ?? '');
    if (!versions.some(isMoving)) return;
    if (performance.now() > end) throw new Error(`${publication} stays as it is: ${JSON.stringify(versions)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
