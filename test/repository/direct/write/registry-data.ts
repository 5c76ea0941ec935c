import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDirectRepository } from '../../../../src/repository/direct/open.ts';
import { openWriteableRepository } from '../../../../src/repository/direct/open-writeable.ts';
import { mirror } from '../../../fixtures/mirror.ts';
import type { Place } from './place.ts';

const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(20 * 60_000) };

/** Files of daf_butler's registry_data that go together. */
const CONTENTS = [
  { name: 'base', files: ['base.yaml', 'datasets.yaml', 'spatial.yaml'] },
  { name: 'rc2', files: ['hsc-rc2-subset-v0.yaml'] },
  { name: 'ci_hsc', files: ['ci_hsc-subset.yaml', 'ci_hsc-subset-skymap.yaml'] },
  { name: 'lsstcam', files: ['lsstcam-subset.yaml'] },
];

const SPATIAL_JOINS = [
  ['visit', 'tract'],
  ['visit', 'detector', 'patch'],
  ['visit', 'detector', 'htm7'],
  ['patch', 'htm7'],
];

/** What is written for all of registry_data, against stock Butler's own import. */
export function defineRegistryDataSuite(title: string, open: () => Promise<Place>): void {
  describe(title, () => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place[Symbol.asyncDispose]());

    it.each(CONTENTS)('equals, value and type, what stock Butler writes for $name', async ({ name, files }) => {
      const theirs = await place.empty(`theirs_${name}`);
      const ours = await place.empty(`ours_${name}`);
      for (const file of files) await place.stock.run('load', { root: theirs, file });

      const source = await openDirectRepository({ name: 'theirs', path: theirs });
      const target = await openWriteableRepository({ name: 'ours', path: ours });
      await mirror(source, target, ctx);
      const dump = await place.dump(ours);
      expect(dump).toEqual(await place.dump(theirs));
      expect(Object.values(dump).flat().length).toBeGreaterThan(30);

      // Stock Butler finds the same in both.
      for (const dimensions of SPATIAL_JOINS) {
        const found = await place.stock.run('query_data_ids', { root: ours, dimensions });
        expect(found).toEqual(await place.stock.run('query_data_ids', { root: theirs, dimensions }));
      }
      // A second time, there is nothing to do.
      await mirror(source, target, ctx, 'SKIP');
      expect(await place.dump(ours)).toEqual(dump);
      await source.close();
      await target.close();
      for (const root of [theirs, ours]) await place.stock.run('close', { root });
    });

    it('can be worked with by stock Butler, and then read by the gateway', async () => {
      const { stock } = place;
      const theirs = await place.empty('worked_theirs');
      const ours = await place.empty('worked_ours');
      for (const file of ['base.yaml', 'datasets.yaml']) await stock.run('load', { root: theirs, file });
      const source = await openDirectRepository({ name: 'theirs', path: theirs });
      const target = await openWriteableRepository({ name: 'ours', path: ours });
      await mirror(source, target, ctx);

      const root = ours;
      const dataId = { instrument: 'Cam1', detector: 4 };
      await stock.run('register_collection', { root, name: 'new', type: 'RUN', doc: null });
      await stock.run('register_type', {
        root,
        name: 'notes',
        dimensions: ['instrument', 'detector'],
        storage_class: 'StructuredDataDict',
        calibration: true,
      });
      const put = { root, value: { a: 1 }, dataset_type: 'notes', data_id: dataId, run: 'new' };
      const uuid = (await stock.run('put', put)) as string;
      expect(await stock.run('get', { root, dataset: uuid })).toEqual({ a: 1 });
      expect((await target.datasets([uuid], ctx)).get(uuid)).toMatchObject({ run: 'new', values: ['Cam1', 4] });
      expect((await target.files([uuid], ctx)).get(uuid)).toHaveLength(1);

      await target.registerCollection({ name: 'ranges', type: 'CALIBRATION' }, ctx);
      await target.certify('ranges', [uuid], { begin: 10n, end: 20n }, ctx);
      expect(
        await stock.ask('certify', { root, collection: 'ranges', uuids: [uuid], bounds: ['15', '30'] }),
      ).toMatchObject({
        error: 'ConflictingDefinitionError',
      });
      await stock.run('certify', { root, collection: 'ranges', uuids: [uuid], bounds: ['20', '30'] });
      await expect(target.certify('ranges', [uuid], { begin: 25n, end: 26n }, ctx)).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      const bytes = (await target.files([uuid], ctx)).get(uuid)![0]!.size;
      expect(await target.removeCollection('new', false, ctx)).toEqual({ datasets: 1, bytes });
      await stock.run('remove_collection', { root, name: 'imported_g', unlink: true });
      expect((await target.collections({ search: ['*'] }, ctx)).map(({ name }) => name)).toEqual([
        'imported_r',
        'ranges',
      ]);
      await source.close();
      await target.close();
    });
  });
}
