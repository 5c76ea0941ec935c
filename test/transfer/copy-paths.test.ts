import { expect, test } from 'vitest';
import { openArtifactStore } from '../../src/repository/direct/datastore/open-store.ts';
import { openWriteableRepository } from '../../src/repository/direct/open-writeable.ts';
import { fileNameOf } from '../../src/repository/recorded-path.ts';
import type { FileRecord } from '../../src/repository/rows.ts';
import { chooseCopyPaths } from '../../src/transfer/copy-paths.ts';
import { copySqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';

const ctx = { caller: { username: 'alice' }, signal: AbortSignal.timeout(600_000) };
const UUID = '1165eaea-c9fc-5075-bb5b-496aa761531e';

const recordedAs = (path: string): FileRecord => ({
  path,
  fileName: fileNameOf(path),
  size: 5,
  checksum: null,
  formatter: 'lsst.obs.base.formatters.fitsExposure.FitsExposureFormatter',
  storageClass: 'ExposureF',
  component: null,
});

test('a copy gets the path of the source, or that of the templates, or one that nothing else can have', async () => {
  await using directory = await temporaryDirectory();
  await copySqliteRepository('official', directory.path);
  const repository = await openWriteableRepository({ name: 'own', path: directory.path });
  try {
    const { datasetType, run, values } = (await repository.datasets([UUID], ctx)).get(UUID)!;
    const artifacts = await openArtifactStore('own', directory.path);
    const choose = async (...paths: string[]) => {
      const datasets = paths.map((path, i) => ({
        uuid: UUID.replace(/.$/, String(i)),
        datasetType,
        run,
        values: values.slice(0, datasetType.dimensions.required.length),
        files: [recordedAs(path)],
      }));
      return (await chooseCopyPaths(repository, { repository, artifacts }, datasets, ctx)).map(({ path }) => path);
    };
    const templated = 'LSSTCam/calib/DM-50000/run.1/bias/bias_LSSTCam_R22_S11_LSSTCam_calib_DM-50000_run_1';

    expect(await choose('run/bias.fits.gz')).toEqual(['run/bias.fits.gz']);
    expect(await choose('file:///archive/a.fits.gz', 'https://archive.example.org/b.fits')).toEqual([
      `${templated}.fits.gz`,
      `${templated}.fits`,
    ]);
    expect(await choose('file:///archive/a.fits', 'file:///archive/b.fits')).toEqual([
      `${templated}.fits`,
      expect.stringContaining(`/${UUID.replace(/.$/, '1')}/b.fits`),
    ]);
    expect(await choose('file:///archive/a.fits', `${templated}.fits`)).toEqual([
      expect.stringContaining(`/${UUID.replace(/.$/, '0')}/a.fits`),
      `${templated}.fits`,
    ]);
    // Stock Butler would read these as others.
    for (const path of ['$HOME/a.fits', '~root/a.fits', './~root/a.fits']) {
      expect(await choose(path)).toEqual([expect.stringMatching(/^transferred\/.*\/a\.fits$/)]);
    }
    expect(await choose('zips/a.zip#zip-path=member.fits')).toEqual([expect.stringContaining('/member.fits')]);
  } finally {
    await repository.close();
  }
});
