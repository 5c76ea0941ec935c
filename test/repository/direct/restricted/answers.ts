/** All that can be asked of a repository, and what it answers. */
import type { CollectionType } from '../../../../src/butler/collection.ts';
import { SatelliteError } from '../../../../src/butler/errors.ts';
import { buildQuery, type QueryRequest } from '../../../../src/butler/query/build.ts';
import type { QueryContext, Position, Repository } from '../../../../src/repository/repository.ts';
import type { RowsByResult } from '../../../../src/repository/rows.ts';
import { NAMES, TYPE_NAMES, TYPES, type World } from './world.ts';
import { DETECTORS, universe } from './sky.ts';

/** Question → answer, in words. */
export type Answers = Readonly<Record<string, string>>;

function text(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) => {
    if (typeof v === 'bigint') return `${String(v)}n`;
    if (v instanceof Uint8Array) return Buffer.from(v).toString('hex');
    if (v instanceof Map) return [...(v as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1));
    return v;
  });
}

function rowText(row: RowsByResult[keyof RowsByResult]): string {
  if ('uuid' in row) return text({ ...row, datasetType: row.datasetType.name });
  return text('values' in row ? row.values : row.fields);
}

/** Search paths of which some are readable and some are not. */
export const PATHS: readonly (readonly string[])[] = [
  ...NAMES.map((name) => [name]),
  ['u/ann/r1', 'shared'],
  ['u/bob/r1', 'u/ann/r1'],
  ['u/ann/tag', 'u/ann/r2', 'shared'],
  ['g/lab/calib', 'u/bob/calib', 'g/lab/r1'],
  ['u/ann/chain', 'g/lab/all'],
  ['nowhere'],
];

const GROUPS: readonly (readonly string[])[] = [
  ['instrument'],
  ['detector'],
  ['physical_filter'],
  ['band'],
  ['day_obs'],
  ['visit'],
  ['exposure', 'detector'],
  ['visit', 'detector'],
  ['visit', 'exposure'],
  ['visit', 'visit_system'],
  ['patch'],
  ['visit', 'patch'],
  ['visit', 'htm7'],
];

const FLAGS = [
  { flattenChains: false, includeParents: true, includeSummary: true },
  { flattenChains: true, includeSummary: true },
  { flattenChains: true, includeChains: true },
  { includeChains: false, types: ['RUN', 'TAGGED'] as CollectionType[] },
];

const NEAR = { where: "instrument = 'CamA' AND visit.region OVERLAPS (:here)", bind: { here: 'CIRCLE 12 0 2' } };

/** Asks everything, of datasets in the collections of each of the paths. */
export async function answersOf(
  repository: Repository,
  world: World,
  paths: readonly (readonly string[])[],
  ctx: QueryContext,
): Promise<Answers> {
  const answers: Record<string, string> = {};
  const ask = async (question: string, answer: () => Promise<unknown>) => {
    try {
      answers[question] = text(await answer());
    } catch (error) {
      if (!(error instanceof SatelliteError)) throw error;
      answers[question] = `${error.code}: ${error.message}`;
    }
  };
  const rowsOf = async (request: QueryRequest) => {
    const { query, spec } = buildQuery(universe, request);
    const rows: string[] = [];
    for await (const page of repository.query(query, spec, ctx)) rows.push(...page.rows.map(rowText));
    return {
      rows: rows.sort(),
      count: await repository.count(query, spec, ctx),
      isEnvelope: (await repository.count(query, spec, ctx, { exact: false })) >= rows.length,
      any: await repository.any(query, ctx),
      why: await repository.explain(query, ctx),
    };
  };

  await ask('dataset types', async () =>
    [...(await repository.datasetTypes(ctx)).values()].map(({ name, dimensions }) => [name, dimensions.names]).sort(),
  );
  for (const flags of FLAGS) {
    for (const search of [['*'], ['u/*'], ['g/lab/*', 'shared'], ...paths]) {
      await ask(`collections ${text({ search, ...flags })}`, () => repository.collections({ search, ...flags }, ctx));
    }
  }
  for (const name of TYPE_NAMES) {
    const datasetType = {
      name,
      dimensions: universe.conform(TYPES[name].dimensions),
      storageClass: 'StructuredDataDict',
      isCalibration: TYPES[name].isCalibration,
    };
    for (const collections of paths) {
      for (const findFirst of [true, false]) {
        await ask(`${name} in ${text(collections)}, first ${String(findFirst)}`, () =>
          rowsOf({ result: { type: 'dataset_ref', datasetType, collections, findFirst } }),
        );
      }
    }
    const [path = ['*']] = paths;
    await ask(`pages of ${name} in ${text(path)}`, async () => {
      const { query, spec } = buildQuery(universe, {
        result: { type: 'dataset_ref', datasetType, collections: path, findFirst: true },
        orderBy: universe.conform(TYPES[name].dimensions).required,
        limit: 2,
      });
      const pages: (readonly string[])[] = [];
      let after: Position | undefined;
      do {
        const rows: string[] = [];
        let last: Position | undefined;
        for await (const page of repository.query(query, spec, ctx, {
          positions: true,
          foundIn: true,
          ...(after && { after }),
        })) {
          rows.push(...page.rows.map((row, i) => `${(row as { uuid: string }).uuid} in ${page.collectionAt!(i)}`));
          last = page.positionAt!(page.rows.length - 1);
        }
        pages.push(rows);
        after = last;
      } while (after && pages.at(-1)!.length === 2);
      return pages;
    });
    await ask(`general rows of ${name} in ${text(path)}`, () =>
      rowsOf({
        result: {
          type: 'general',
          dimensions: TYPES[name].dimensions,
          datasetFields: { [name]: ['dataset_id', 'run', 'collection', 'timespan'] },
          findFirst: false,
        },
        joins: [{ datasetType, collections: path }],
      }),
    );
    // also of dimensions that the datasets do not have
    const joins = [{ datasetType, collections: path }];
    for (const dimensions of [
      undefined,
      ['visit', 'detector'],
      ['visit', 'exposure'],
      ['patch'],
      ['visit', 'visit_system'],
    ]) {
      await ask(`data IDs of ${text(dimensions)} with ${name} in ${text(path)}`, () =>
        rowsOf({ result: { type: 'data_coordinate', ...(dimensions && { dimensions }) }, joins }),
      );
    }
    for (const element of ['detector', 'physical_filter', 'exposure', 'visit', 'visit_detector_region', 'patch']) {
      await ask(`records of ${element} with ${name} in ${text(path)}`, () =>
        rowsOf({ result: { type: 'dimension_record', element }, joins, defaultDataId: { instrument: 'CamA' } }),
      );
    }
    await ask(`${name} in ${text(path)} where there are cells`, () =>
      rowsOf({
        result: { type: 'dataset_ref', datasetType, collections: path, findFirst: true },
        where: "skymap = 'sky' AND patch.cell_x < 2",
        defaultDataId: { instrument: 'CamA' },
      }),
    );
    for (const { values } of world.datasets.filter(({ type }) => type === name).slice(0, 3)) {
      const dataId = Object.fromEntries(datasetType.dimensions.required.map((key, i) => [key, values[i]!]));
      for (const collections of paths.slice(0, 6)) {
        for (const timespan of [null, { begin: 5n, end: 6n }]) {
          await ask(`find ${name} ${text({ dataId, collections, timespan })}`, async () => {
            const found = await repository.findDataset({ datasetType: name, dataId, collections, timespan }, ctx);
            return found && rowText(found);
          });
        }
      }
    }
  }
  for (const { name, hasTable, viewOf } of universe.elements) {
    if (!hasTable && viewOf === undefined) continue;
    await ask(`records of ${name}`, () => rowsOf({ result: { type: 'dimension_record', element: name } }));
  }
  await ask('records of detectors by data ID', () =>
    rowsOf({
      result: { type: 'dimension_record', element: 'detector' },
      uploads: [{ dimensions: ['instrument', 'detector'], rows: DETECTORS.map((id) => ['CamB', id]) }],
    }),
  );
  await ask('records of visits nearby', () =>
    rowsOf({ result: { type: 'dimension_record', element: 'visit' }, ...NEAR }),
  );
  for (const dimensions of GROUPS) {
    await ask(`data IDs of ${text(dimensions)}`, () => rowsOf({ result: { type: 'data_coordinate', dimensions } }));
  }
  const uuids = world.datasets.map(({ uuid }) => uuid);
  await ask('datasets by UUID', async () => [...(await repository.datasets(uuids, ctx)).values()].map(rowText).sort());
  await ask('files', () => repository.files(uuids, ctx));
  for (const uuid of uuids.slice(0, 5)) await ask(`file of ${uuid}`, () => repository.fileSource(uuid, null, ctx));
  await ask('usage', async () => {
    const usage = await repository.usage(ctx);
    const { datasets, bytes, referencedBytes } = usage ?? {};
    return usage && [datasets, bytes, referencedBytes, await usage.parts(), await usage.memberships()];
  });
  return answers;
}
