/** Searches of the corpus's official repository that find nothing, each for a reason of its own. */
import type { QueryContext, Repository } from '../../../../src/repository/repository.ts';
import type { Explanation } from '../../../../src/repository/federated/explain/explanation.ts';
import { searchDataIds } from '../../../../src/repository/search/data-ids.ts';
import { searchDatasets } from '../../../../src/repository/search/datasets.ts';
import { searchDimensionRecords } from '../../../../src/repository/search/dimension-records.ts';
import type {
  DataIdSearchRequest,
  DatasetSearchRequest,
  RecordSearchRequest,
} from '../../../../src/repository/search/search.ts';

export type Explains = (
  members: readonly Repository[],
  ctx: QueryContext,
  /** Whether the rows are read too. */
  rows?: boolean,
) => Promise<Explanation>;

type Terms<Request> = Omit<Request, 'first' | 'findFirst' | 'rows'>;

export const explainDatasets =
  (terms: Terms<DatasetSearchRequest>): Explains =>
  async (members, ctx, rows = false) =>
    (await searchDatasets(members, { findFirst: true, first: 10, rows, ...terms }, ctx)).explain();

export const explainDataIds =
  (terms: Terms<DataIdSearchRequest>): Explains =>
  async (members, ctx, rows = false) =>
    (await searchDataIds(members, { first: 10, rows, ...terms }, ctx)).explain();

export const explainRecords =
  (terms: Terms<RecordSearchRequest>): Explains =>
  async (members, ctx, rows = false) =>
    (await searchDimensionRecords(members, { first: 10, rows, ...terms }, ctx)).explain();

export interface EmptyAnswer {
  /** In a few words; the name of the test. */
  readonly because: string;
  readonly explain: Explains;
  readonly reason: RegExp;
  readonly suggestion: RegExp;
}

const HSC = "instrument = 'HSC'";
const raws = (where: string) => explainDatasets({ datasetTypes: ['raw'], collections: ['HSC/raw/all'], where });

export const EMPTY_ANSWERS: readonly EmptyAnswer[] = [
  {
    because: 'no collection is named',
    explain: explainDatasets({ datasetTypes: ['raw'], collections: [] }),
    reason: /'collections' is empty/,
    suggestion: /Name the collections/,
  },
  {
    because: 'the chain has no children',
    explain: explainDatasets({ datasetTypes: ['raw'], collections: ['LSSTCam/nothing'] }),
    reason: /no collection that could hold datasets below the collection 'LSSTCam\/nothing'/,
    suggestion: /Name collections/,
  },
  {
    because: 'the collection is empty',
    explain: explainDatasets({ datasetTypes: ['raw'], collections: ['LSSTCam/empty'] }),
    reason: /No dataset of any type is in the collection 'LSSTCam\/empty'/,
    suggestion: /those of type 'raw' are in .*'HSC\/raw\/all'/,
  },
  {
    because: 'the dataset type is in other collections',
    explain: explainDatasets({ datasetTypes: ['calexp'], collections: ['HSC/raw/all'] }),
    reason: /No dataset of type 'calexp' is in the collection 'HSC\/raw\/all'/,
    suggestion: /are in 'HSC\/runs\/ci_hsc\/20240806T180642Z': search there/,
  },
  {
    because: 'there is not one dataset of the type',
    explain: explainDatasets({ datasetTypes: ['never_written'], collections: ['HSC/defaults'] }),
    reason: /No dataset of type 'never_written' is in the collection 'HSC\/defaults'/,
    suggestion: /Search other collections/,
  },
  {
    because: 'the instrument is unknown',
    explain: raws("instrument = 'HSD' AND detector = 5"),
    reason: /No record of instrument in .* fulfils instrument = 'HSD'/,
    suggestion: /Known values of instrument: 'LSSTCam', 'HSC'\. Did you mean 'HSC'\?/,
  },
  {
    because: 'the sky map is unknown',
    explain: explainRecords({ element: 'tract', where: "skymap = 'hsc_rings_v2' AND tract < 10000" }),
    reason: /No record of skymap in .* fulfils skymap = 'hsc_rings_v2'/,
    suggestion: /Did you mean 'hsc_rings_v1'\?/,
  },
  {
    because: 'the visit is unknown',
    explain: explainDatasets({
      datasetTypes: ['src'],
      collections: ['HSC/defaults'],
      where: `${HSC} AND visit = 17 AND detector IN (0..100)`,
    }),
    reason: /No record of visit in .* fulfils visit = 17\.$/,
    suggestion: /dimensionRecords\(element: "visit"\)/,
  },
  {
    because: 'no visit was made at that time',
    explain: explainDatasets({
      datasetTypes: ['src'],
      collections: ['HSC/defaults'],
      where: `${HSC} AND visit.timespan OVERLAPS (T'2031-01-01', T'2031-02-01')`,
    }),
    reason: /No record of visit in .* fulfils visit\.timespan OVERLAPS \[2031-01-01/,
    suggestion: /Change visit\.timespan OVERLAPS/,
  },
  {
    because: 'the collections are of another instrument',
    explain: raws("instrument = 'LSSTCam'"),
    reason: /There are datasets of type 'raw' in the collection 'HSC\/raw\/all', but none with instrument = 'LSSTCam'/,
    suggestion: /those of type 'raw' are in 'LSSTCam\/raw\/all'/,
  },
  {
    because: 'the data ID is one of which there is no dataset',
    explain: explainDatasets({
      datasetTypes: ['raw'],
      collections: ['HSC/raw/all'],
      dataId: { instrument: 'HSC', detector: 10 },
      where: "detector.purpose = 'SCIENCE'",
    }),
    reason: /datasets of type 'raw' .*, but none with .*detector = 10/,
    suggestion: /Loosen .*"detector = 10"/,
  },
  {
    because: 'the where-clause is too strict',
    explain: raws(`${HSC} AND exposure.exposure_time > 100000`),
    reason: /fulfils exposure\.exposure_time > 100000/,
    suggestion: /Change exposure\.exposure_time > 100000/,
  },
  {
    because: 'the run is another',
    explain: raws(`${HSC} AND raw.run = 'HSC/runs/other'`),
    reason: /datasets of type 'raw' .*, but none with raw\.run = 'HSC\/runs\/other'/,
    suggestion: /Loosen "raw\.run = 'HSC\/runs\/other'"/,
  },
  {
    because: 'the expression contradicts itself',
    explain: raws(`${HSC} AND detector = 1 AND detector = 2`),
    reason: /requires both detector = 2 and detector = 1/,
    suggestion: /Keep one of them/,
  },
  {
    because: 'no records of a dimension are there',
    explain: explainRecords({ element: 'ssp_balanced_index' }),
    reason: /no records of ssp_balanced_index/,
    suggestion: /Search the repository that has them/,
  },
  {
    because: 'two dataset types have no data ID in common',
    explain: explainDataIds({
      dimensions: ['visit', 'detector'],
      datasets: [
        { datasetType: 'src', collections: ['LSSTCam/runs/nightly'] },
        { datasetType: 'calexp', collections: ['HSC/defaults'] },
      ],
    }),
    reason: /type 'src' and of type 'calexp', but none of both with the same instrument, detector, visit/,
    suggestion: /Ask for each of them alone/,
  },
  {
    because: 'no calibration is valid then',
    explain: explainDataIds({
      dimensions: ['exposure', 'detector'],
      datasets: [
        { datasetType: 'defects', collections: ['LSSTCam/calib/DM-40000'] },
        { datasetType: 'raw', collections: ['LSSTCam/raw/all'] },
      ],
    }),
    reason: /No validity range of 'defects' in 'LSSTCam\/calib\/DM-40000' covers/,
    suggestion: /certify 'defects'/,
  },
  {
    because: 'regions do not overlap',
    explain: explainDataIds({
      dimensions: ['visit', 'tract'],
      where: "instrument = 'LSSTCam' AND skymap = 'discrete/ci_hsc'",
    }),
    reason: /No regions of .*visit.* with instrument = 'LSSTCam' and skymap = 'discrete\/ci_hsc' overlap/,
    suggestion: /Loosen/,
  },
];
