/** Dimension records beside the rows of the RemoteButler face. */
import { expect, test } from 'vitest';
import { RecordsBeside } from '../../src/gateway/butler-face/records-beside.ts';
import { ArrayRepository } from '../repository/federated/array-repository.ts';
import { smallUniverse } from '../repository/federated/small-universe.ts';

const universe = smallUniverse();
const ctx = { caller: { username: 'bob' }, signal: AbortSignal.timeout(60_000) };
const filters = [{ instrument: 'Cam', physical_filter: 'r1', band: 'r' }];
const repository = new ArrayRepository('published', {
  universe,
  datasetTypes: [],
  collections: {},
  datasets: [],
  records: { instrument: [{ instrument: 'Cam', class_name: 'lsst.Cam' }], physical_filter: filters },
});
const recordsOf = async (dimensions: readonly string[], ...values: string[]) => {
  const found = await new RecordsBeside(repository, ctx).ofDataIds(universe.conform(dimensions), [
    { values, repository: 'published' },
  ]);
  return found[0]!.map(({ element, fields }) => [element.name, fields['name'] ?? fields[element.name]]);
};

test('a dataset of a band has its record also for who may read no filter of the band', async () => {
  expect(await recordsOf(['band'], 'g')).toEqual([['band', 'g']]);
});

test('a band that the repository tells of comes once', async () => {
  const records = await recordsOf(['physical_filter'], 'Cam', 'r1', 'r');
  expect(records.filter(([element]) => element === 'band')).toHaveLength(1);
});
