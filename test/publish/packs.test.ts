/** What is published from a zip, where the gateway does not reach the satellite; and what no zip gets in. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writePack } from '../../src/publish/packs/write-pack.ts';
import { forgedZip, membersOf, type ForgedMember, type ForgedZip } from './forged-zip.ts';
import { openPublishing, type PublishingWorld, type Shown } from './publishing-world.ts';

// On a slow machine.
vi.setConfig({ testTimeout: 600_000 });

let world: PublishingWorld;
let directory: string;
let uuids: readonly string[];
/** A good one. */
let zip: Buffer;
let members: ReadonlyMap<string, Buffer>;

beforeAll(async () => {
  world = await openPublishing({ commit: 'real', publishing: '{maxBytes: 2000000}' });
  directory = await mkdtemp(join(tmpdir(), 'packs-'));
  uuids = await world.filled('work', 'u/alice/run', 3);
  zip = await packed('work.zip', 'u/alice/run-chain');
  members = await membersOf(zip);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function packed(name: string, ...collections: readonly string[]): Promise<Buffer> {
  const { data } = await world.ask('alice', '{satellite(name: "work") {uri}}');
  const out = join(directory, name);
  await writePack({ path: data.satellite.uri as string, collections, official: [], out }, AbortSignal.timeout(60_000));
  return readFile(out);
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function uploaded(bytes: Buffer, user = 'alice'): Promise<string> {
  const asked = { size: bytes.length, sha256: sha256(bytes) };
  const { upload } = await world.done(user, 'uploadPublication', asked, 'upload {id url headers expiresAt} job {id}');
  const { status } = await fetch(upload.url as string, {
    method: 'PUT',
    headers: upload.headers as Record<string, string>,
    body: new Uint8Array(bytes),
  });
  expect(status).toBe(204);
  return upload.id as string;
}

const wanted = (upload: string) => ({
  satellite: 'laptop',
  upload,
  collections: ['u/alice/run-chain'],
  title: 'Notes from afar',
});

async function submitted(bytes: Buffer): Promise<Shown> {
  return world.did('alice', 'submitPublication', wanted(await uploaded(bytes)));
}

/** Everything in the published repository's directory but uploads. */
async function files(): Promise<readonly string[]> {
  const all = await readdir(world.published, { recursive: true });
  return all.filter((name) => !name.startsWith('uploads')).sort();
}

describe('a zip of a satellite that the gateway does not reach', () => {
  test('is uploaded, submitted, approved and published as the satellite itself would be', async () => {
    const upload = await uploaded(zip);
    const made = await world.did('alice', 'submitPublication', wanted(upload));
    expect(made).toMatchObject({ state: 'SUBMITTED', owner: 'alice' });
    const direct = await world.did('alice', 'submitPublication', {
      ...{ satellite: 'work', collections: ['u/alice/run-chain'], title: 'Notes from afar' },
    });
    const states = ({ checks }: Shown) => Object.fromEntries(checks.map(({ code, state }) => [code, state]));
    expect(states(made)).toEqual({ ...states(direct), PACK: 'PASSED', INPUT_RIGHTS: 'WARNING' });
    const all = `satellite manifest {datasetCount bytes universe {version} datasetTypes collections {name type children isOfficial}
      datasets {nodes {uuid datasetType run dataId files}} officialRepositories}`;
    const [shown, shownDirect] = [
      await world.look('curator', made.id, all),
      await world.look('curator', direct.id, all),
    ];
    expect(shown.manifest).toEqual(shownDirect.manifest);
    expect(shown.satellite).toBe('alice~laptop');
    await world.did('alice', 'withdrawPublication', { publication: direct.id });

    await world.did('curator', 'approvePublication', { publication: made.id, digest: made.digest });
    await world.reached('alice', made.id, 'PUBLISHED');
    const { data } = await world.ask(
      'bob',
      '{datasets(datasetTypes: ["note"], collections: ["u/alice/run-chain"], repositories: ["published"]) {nodes {uuid files {url}}}}',
    );
    const nodes = data.datasets.nodes as { uuid: string; files: { url: string }[] }[];
    expect(nodes.map(({ uuid }) => uuid).sort()).toEqual([...uuids].sort());
    const path = new URL(nodes[0]!.files[0]!.url).pathname;
    expect(await (await world.fetch('bob', path)).text()).toBe('run: u/alice/run');
  });

  test('is a stranger’s to nobody: an upload is its owner’s, and bytes other than promised are refused', async () => {
    const upload = await uploaded(zip);
    expect(await world.refused('bob', 'submitPublication', wanted(upload))).toBe('NOT_FOUND');
    const asked = { size: zip.length, sha256: '0'.repeat(64) };
    const { upload: other } = await world.done('alice', 'uploadPublication', asked, 'upload {id url}');
    expect(await world.refused('alice', 'submitPublication', wanted(other.id as string))).toBe('CONFLICT');
    const { status } = await fetch(other.url as string, { method: 'PUT', body: new Uint8Array(zip) });
    expect(status).toBe(400);
    expect(await world.refused('alice', 'submitPublication', wanted(other.id as string))).toBe('CONFLICT');
    const more = { size: 2_000_000_000, sha256: '0'.repeat(64) };
    const { errors } = await world.change('alice', 'uploadPublication', more, 'upload {id}');
    expect(errors![0]!.extensions['code']).toBe('QUOTA_EXCEEDED');
  });

  test('is put once: nobody fills the disk by putting it again and again', async () => {
    const asked = { size: zip.length, sha256: sha256(zip) };
    const { upload } = await world.done('alice', 'uploadPublication', asked, 'upload {id url}');
    const put = async (body: Uint8Array<ArrayBuffer> | ReadableStream) => {
      const { status } = await fetch(upload.url as string, { method: 'PUT', body, duplex: 'half' });
      return status;
    };
    const bytes = new Uint8Array(zip);
    let rest!: () => void;
    const slow = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(bytes.subarray(0, 100));
        rest = () => {
          controller.enqueue(bytes.subarray(100));
          controller.close();
        };
      },
    });
    const first = put(slow);
    await vi.waitFor(async () => {
      const found = await readdir(join(world.published, 'uploads'));
      expect(found.some((name) => !name.endsWith('.zip'))).toBe(true);
    }, 240_000);
    expect(await put(bytes)).toBe(409);
    rest();
    expect(await first).toBe(204);
    expect(await put(bytes)).toBe(409);
    expect((await world.did('alice', 'submitPublication', wanted(upload.id as string))).state).toBe('DRAFT');
  });

  test('is one publication, also where it is submitted twice at once', async () => {
    const upload = await uploaded(zip);
    const both = await Promise.all(
      [1, 2].map(() => world.change('alice', 'submitPublication', wanted(upload), 'publication {id}')),
    );
    const codes = both.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions['code']));
    expect(codes).toEqual(['CONFLICT']);
  });

  test('needs names of its owner, as a satellite does', async () => {
    const bobs = await uploaded(zip, 'bob');
    const { checks, state } = await world.did('bob', 'submitPublication', wanted(bobs));
    expect(state).toBe('DRAFT');
    expect(checks.filter((check) => check.state === 'FAILED').map(({ code }) => code)).toEqual(['NAMES']);
  });
});

/** The members of the good zip, in order, some of them replaced. */
function good(replace: (member: ForgedMember) => ForgedMember | readonly ForgedMember[] = (member) => member) {
  return [...members].flatMap(([name, bytes]) => replace({ name, bytes }));
}

const isFile = ({ name }: ForgedMember) => name.startsWith('files/');
const filesAs = (change: (member: ForgedMember) => Partial<ForgedMember>) =>
  good((member) => (isFile(member) ? { ...member, ...change(member) } : member));
const manifestAs = (change: (text: string) => string) =>
  good((member) => (isFile(member) ? member : { ...member, bytes: Buffer.from(change(member.bytes.toString())) }));
const lines = (change: (line: string) => string | readonly string[]) =>
  manifestAs((text) => `${text.trimEnd().split('\n').flatMap(change).join('\n')}\n`);
const other = Buffer.from('run: u/alice/fun');

const INVENTED = '["collection",{"children":[],"doc":"","isOfficial":true,"name":"HSC/nowhere","type":"RUN"}]';

type Poisoned = [what: string, make: () => readonly ForgedMember[] | Buffer, reason: RegExp, options?: ForgedZip];

const POISONED: Poisoned[] = [
  ['leads out of the zip', () => filesAs(() => ({ name: '../../../../etc/passwd' })), /lead out of it/],
  ['has an absolute name', () => filesAs(() => ({ name: '/etc/passwd' })), /lead out of it/],
  ['has backslashes in a name', () => filesAs(() => ({ name: '..\\..\\passwd' })), /lead out of it/],
  ['has a symbolic link', () => filesAs(() => ({ mode: 0o120777 })), /is a symbolic link/],
  ['has an encrypted member', () => filesAs(({ bytes }) => ({ flags: 1, size: bytes.length - 12 })), /is encrypted/],
  ['has a directory', () => [...good(), { name: 'files/', bytes: Buffer.alloc(0) }], /has no place in it/],
  [
    'has a member that its manifest does not name',
    () => [...good(), { name: `files/${sha256(other)}`, bytes: other }],
    /which its manifest does not name/,
  ],
  ['lacks a member', () => good((member) => (isFile(member) ? [] : member)), /The zip has no 'files\//],
  ['lacks the manifest', () => good((member) => (isFile(member) ? member : [])), /has no 'manifest.jsonl'/],
  ['has a member twice', () => [...good(), ...good().filter(isFile)], /two members of one name/],
  ['has other bytes than it says', () => filesAs(() => ({ bytes: other })), /another checksum than its name/],
  [
    'has a file of another size than it says',
    () => lines((line) => line.replace('"size":16', '"size":17')),
    /has 16 bytes in the zip, and 17/,
  ],
  ['has a member of two sizes', () => filesAs(() => ({ size: 17 })), /size mismatch/],
  [
    'becomes a thousand times as large',
    () => filesAs(() => ({ bytes: deflateRawSync(Buffer.alloc(1_000_000)), method: 8, size: 1_000_000 })),
    /is compressed, and files of a pack are stored/,
  ],
  [
    'has a manifest that becomes a thousand times as large',
    () =>
      good((member) =>
        isFile(member)
          ? member
          : { ...member, bytes: deflateRawSync(Buffer.alloc(9_000_000, '\n')), method: 8, size: 9_000_000 },
      ),
    /would become 9000000 bytes/,
  ],
  [
    'has a manifest that is longer than it says',
    () =>
      good((member) =>
        isFile(member) ? member : { ...member, bytes: deflateRawSync(member.bytes), method: 8, size: 500 },
      ),
    /is damaged/,
  ],
  ['has two members in one place', () => filesAs(() => ({ start: 0 })), /where its directory says/],
  [
    'has members that overlap',
    () => [...good(), { name: `files/${'0'.repeat(64)}`, bytes: Buffer.alloc(100_000), start: 0, isMissing: true }],
    /overlap/,
  ],
  [
    'has something before its members',
    () => good(),
    /where its directory says/,
    { before: Buffer.from('#!/bin/sh\n') },
  ],
  ['has something after its members', () => good(), /where its directory says/, { between: Buffer.alloc(5000) }],
  [
    'has another name in front of a member',
    () => filesAs(({ name }) => ({ localName: name.replace('files/', 'filez/') })),
    /where its directory says/,
  ],
  ['claims 2^60 members', () => good(), /more than 5000000 members/, { zip64: { count: 2n ** 60n } }],
  ['has one member more than there is', () => good(), /is damaged/, { zip64: { count: 3n } }],
  ['has its directory behind its end', () => good(), /is damaged/, { zip64: { count: 2n, start: 2n ** 40n } }],
  [
    'has a 64-bit size beyond all',
    () => {
      const extra = Buffer.alloc(20);
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(16, 2);
      extra.writeBigUInt64LE(2n ** 62n, 4);
      extra.writeBigUInt64LE(2n ** 62n, 12);
      return filesAs(() => ({ size: 0xffffffff, extra }));
    },
    /is damaged|absurd|two sizes/,
  ],
  ['is cut short', () => zip.subarray(0, zip.length - 100), /is damaged/],
  ['is no zip', () => Buffer.from('PK'.repeat(50)), /is damaged/],
  [
    'has a file of another publication’s in it',
    () => lines((line) => line.replace(/"run":"[^"]*"/, '"run":"u/bob/run"')),
    /which is no RUN of the pack/,
  ],
  ['has a dataset twice', () => lines((line) => (line.startsWith('["dataset"') ? [line, line] : line)), /twice/],
  [
    'has two datasets of one data ID',
    () => lines((line) => (line.startsWith('["dataset"') ? line.replace(/"detector":\d+/, '"detector":0') : line)),
    /the data ID of another one/,
  ],
  [
    'needs a record that is not in it',
    () => lines((line) => (line.includes('"element":"detector"') ? [] : line)),
    /needs a record of 'detector'/,
  ],
  [
    'has a record that is none',
    () => lines((line) => line.replace(/"visit_max":\d+/, '"visit_max":"many"')),
    /cannot be/,
  ],
  [
    'calls what is in it official',
    () =>
      lines((line) =>
        line.replace('"isOfficial":false,"name":"u/alice/run","', '"isOfficial":true,"name":"u/alice/run","'),
      ),
    /no RUN of the pack/,
  ],
  [
    'calls official what is not',
    () => lines((line) => (line.includes('"RUN"') ? [line, INVENTED] : line)),
    /no official collections that you may read/,
  ],
  [
    'has a chain that holds itself',
    () => lines((line) => line.replace('"children":["u/alice/run"]', '"children":["u/alice/run-chain"]')),
    /holds itself/,
  ],
  [
    'has a chain that holds a collection twice',
    () => lines((line) => line.replace('"children":["u/alice/run"]', '"children":["u/alice/run","u/alice/run"]')),
    /holds a collection twice/,
  ],
  [
    'has a line without an end',
    () => manifestAs((text) => text.replace('\n', `\n["type","${'x'.repeat(2 ** 20)}"]\n`)),
    /more than 1048576 bytes/,
  ],
  [
    'has a name that leads elsewhere',
    () => lines((line) => line.replace(/"fileName":"[^"]*"/, '"fileName":"../../x"')),
    /fileName/,
  ],
  [
    'is of another universe',
    () => lines((line) => line.replace(/"version":\d+\}/, '"version":99}')),
    /another dimension universe/,
  ],
  [
    'is of another format',
    () => lines((line) => line.replace('"format":"satellite-pack"', '"format":"pack"')),
    /none that this gateway knows/,
  ],
];

describe('a zip that', () => {
  test.each<Poisoned>(POISONED)('%s is refused, and nothing has changed', async (_what, make, reason, options) => {
    const before = await files();
    const made = make();
    const { state, digest, checks } = await submitted(Buffer.isBuffer(made) ? made : forgedZip(made, options));
    expect(checks).toEqual([{ code: 'PACK', state: 'FAILED', message: expect.stringMatching(reason) as string }]);
    expect({ state, digest }).toEqual({ state: 'DRAFT', digest: null });
    expect(await files()).toEqual(before);
  });

  test('is forged but right is taken: the forger of these tests does not make them fail', async () => {
    const made = await submitted(forgedZip(good()));
    expect(made.checks.filter(({ state }) => state === 'FAILED')).toMatchObject([{ code: 'CLASHES' }]);
  });
});
