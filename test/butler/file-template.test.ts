import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { templatedPath, withExtensionOf, type TemplatedDataset } from '../../src/butler/file-template.ts';
import { Universe } from '../../src/butler/universe.ts';
import { runPython } from '../../stack/run-python.ts';
import { runs } from '../sample.ts';

const SEED = process.env['SATELLITE_TEST_SEED'] ?? '20261124';

/** Documents of the universes that stock Butler ships; the index is the version. */
const universes = JSON.parse(
  gunzipSync(readFileSync(new URL('../data/universes.json.gz', import.meta.url))).toString(),
) as readonly { readonly stored: unknown }[];
const universe = Universe.fromJson(universes.at(-1)!.stored);

/** Paths of a real repository, made by stock Butler. */
const recorded = JSON.parse(readFileSync(new URL('../data/file-templates.json', import.meta.url), 'utf8')) as readonly {
  readonly dataset_type: string;
  readonly dimensions_names: readonly string[];
  readonly run: string;
  readonly data_id: TemplatedDataset['dataId'];
  readonly records: TemplatedDataset['records'];
  readonly path_without_ext: string;
}[];

test.each(recorded)('$dataset_type has the path that stock Butler gave it', (vector) => {
  const path = templatedPath({
    datasetType: vector.dataset_type,
    component: null,
    run: vector.run,
    dimensions: universe.conform(vector.dimensions_names),
    dataId: vector.data_id,
    records: vector.records,
  });
  expect(path).toBe(vector.path_without_ext);
});

interface RandomDataset extends Omit<TemplatedDataset, 'dimensions'> {
  readonly dimensions: readonly string[];
  readonly path: string;
  readonly fileName: string;
  readonly extension: string;
}

test('random datasets have the paths that stock Butler gives them', async () => {
  const lines = await runPython('test/oracle/file_templates.py', ['--seed', SEED, '--count', String(runs(300))]);
  for (const line of lines.trimEnd().split('\n')) {
    const { path, fileName, extension, ...dataset } = JSON.parse(line) as RandomDataset;
    const ours = templatedPath({ ...dataset, dimensions: universe.conform(dataset.dimensions) });
    expect(ours, line).toBe(path);
    expect(withExtensionOf(ours, fileName)).toBe(path + extension);
  }
});

test('a path that needs a record which is missing is refused', () => {
  const dimensions = universe.conform(['physical_filter', 'detector', 'exposure']);
  const dataset = { datasetType: 'raw', component: null, run: 'run', dimensions, dataId: recorded[0]!.data_id };
  expect(() => templatedPath({ ...dataset, records: {} })).toThrow(/needs 'exposure.obs_id'/);
});
