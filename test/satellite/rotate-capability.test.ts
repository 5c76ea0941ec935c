import { afterAll, beforeAll, expect, test } from 'vitest';
import { Capabilities } from '../../src/access/capability.ts';
import { parsePermanentAddress, permanentAddress } from '../../src/access/permanent-address.ts';
import { sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { alice, openWorld, principal, request, signal, type World } from './satellite-world.ts';

const UUID = '0195c2b1-7f3e-7b1a-9c00-1234567890ab';
const HERE = 'https://gateway.example';
const RUN = 'u/alice/run';
const ctx = { caller: { username: 'alice' }, signal };

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let world: World;
beforeAll(async () => {
  directory = await temporaryDirectory();
  world = await openWorld({ directory: directory.path, official: sqliteRepository('official') });
});
afterAll(async () => {
  await world.close();
  await directory[Symbol.asyncDispose]();
});

test('rotating gives every reference a capability of the next version, and the last one is dead', async () => {
  await world.satellites.create(request('mine', { capabilityUrls: true }), alice);
  const { repository, capability } = await world.satellites.forJob('alice~mine');
  const capabilities = Capabilities.of(world.state.secret);
  const grant = { ...capability!, repository: 'dp1', uuid: UUID };
  const type = { name: 'config', storageClass: 'StructuredDataDict', isCalibration: false };
  await repository.registerCollection({ name: RUN, type: 'RUN' }, ctx);
  await repository.registerDatasetTypes([{ ...type, dimensions: [] }], ctx);
  const place = { repository: 'dp1', uuid: UUID, component: null, fileName: 'a b.yaml' };
  const path = permanentAddress(HERE, { ...place, capability: capabilities.mint(grant) });
  const file = { path, formatter: 'F', storageClass: type.storageClass, component: null, checksum: null, size: 1 };
  const datasetType = { ...type, dimensions: (await repository.universe(ctx)).conform([]) };
  await repository.importDatasets([{ uuid: UUID, datasetType, run: RUN, values: [], files: [file] }], ctx);

  await expect(world.satellites.rotateCapability({ satellite: 'alice~mine' }, principal('bob'))).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  const { satellite } = await world.satellites.rotateCapability({ satellite: 'mine' }, alice);
  expect(satellite!.capabilityVersion).toBe(grant.version + 1);
  const [moved] = (await repository.files([UUID], ctx)).get(UUID)!;
  const after = parsePermanentAddress(moved!.path, [HERE])!;
  expect(after).toMatchObject(place);
  expect(capabilities.verify(after.capability!, after)).toEqual({ ...grant, version: satellite!.capabilityVersion });
  expect(moved!.path).not.toBe(path);
});
