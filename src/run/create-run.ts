/** From what `createRun` is asked to what the run is: everything that can be told at once is checked here. */
import { nameInAddresses, type VisibleRepositories } from '../access/policy.ts';
import { SatelliteError } from '../butler/errors.ts';
import { parseWhere } from '../butler/where/parse.ts';
import { runDirectory } from '../butler/file-template.ts';
import { checkCollectionName } from '../repository/direct/write/names.ts';
import { artifactPath } from '../repository/direct/datastore/artifact-path.ts';
import type { QueryContext } from '../repository/repository.ts';
import { searchCollections } from '../repository/search/collections.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { isBelow, requireOutsideRuns } from './output-places.ts';
import { checkOverrides, checkPipelineText, pipelineFile } from './pipeline-source.ts';
import type { RunSpec } from './run.ts';
import type { CreateRun } from './service.ts';

export interface Asked {
  readonly request: CreateRun;
  readonly satellite: OpenSatellite;
  readonly repositories: VisibleRepositories;
  /** Where pipeline files may be. */
  readonly pipelines: readonly string[];
}

/** What a run is, but for the name of its RUN, which the moment decides. */
export type DraftSpec = Omit<RunSpec, 'outputRun'>;

const GLOB = /[*?[\]]/;
/** Of a table of data IDs; more belong into `where`. */
const MOST_DATA_IDS = 100_000;
const MOST_COLLECTIONS = 10_000;
/** What follows the output's name in that of its RUN. */
const TIMESTAMP = '20260131T235959Z';

/** @throws SatelliteError BAD_USER_INPUT, NOT_FOUND, MISSING_COLLECTION, INVALID_QUERY, CONFLICT */
export async function draftSpec(asked: Asked, query: QueryContext): Promise<DraftSpec> {
  const { request, satellite } = asked;
  const { configuration, inputs, output, where, bind, dataIds, skipExistingIn, extend, constrainBy, executor } =
    request;
  checkCollectionName(`${output}/${TIMESTAMP}`);
  requireOutsideRuns(output);
  checkOverrides(configuration);
  if (where !== null) parseWhere(where);
  if (dataIds && dataIds.length > MOST_DATA_IDS) refuse(`"dataIds" has more than ${String(MOST_DATA_IDS)} data IDs`);
  const { pipeline, graph } = await source(asked, query);
  const repositories = searchOrder(asked);
  await checkInputs(asked, repositories, query);
  await checkOutput(satellite, output, query);
  return {
    pipeline,
    graph,
    configuration,
    repositories,
    inputs,
    output,
    where,
    bind,
    dataIds,
    skipExistingIn,
    extend,
    constrainBy,
    executor,
  };
}

async function source(
  { request, satellite, pipelines }: Asked,
  { signal }: QueryContext,
): Promise<Pick<RunSpec, 'pipeline' | 'graph'>> {
  const { pipeline, graph } = request;
  if ((pipeline === null) === (graph === null)) refuse('give either "pipeline" or "graph"');
  if (graph !== null) {
    const { path } = artifactPath(graph);
    if (!path.endsWith('.qg')) refuse('"graph" must name a .qg file: older formats hold pickled code');
    if (!(await satellite.directory.stat(path, signal))) {
      refuse(`there is no file '${path}' in the directory of satellite '${satellite.fullName}'`);
    }
    return { pipeline: null, graph: path };
  }
  if (pipeline !== null && 'path' in pipeline) {
    return { pipeline: { path: await pipelineFile(pipeline.path, pipelines) }, graph: null };
  }
  if (pipeline !== null) checkPipelineText(pipeline.yaml);
  return { pipeline, graph: null };
}

/** Names of the repositories in addresses. @throws SatelliteError NOT_FOUND, BAD_USER_INPUT */
function searchOrder({ request, satellite, repositories }: Asked): readonly string[] {
  if (request.repositories?.length === 0) refuse('"repositories" is empty: name at least one, or leave it out');
  const names = request.repositories ?? [
    satellite.fullName,
    ...(satellite.official === undefined
      ? repositories.all.filter(({ kind }) => kind === 'OFFICIAL').map(({ name }) => name)
      : [satellite.official]),
  ];
  return [...new Set(names.map((name) => nameInAddresses(repositories.get(name))))];
}

/** @throws SatelliteError MISSING_COLLECTION, BAD_USER_INPUT */
async function checkInputs(
  { request, repositories }: Asked,
  names: readonly string[],
  query: QueryContext,
): Promise<void> {
  const { inputs, graph } = request;
  if (graph !== null) return;
  if (inputs.length === 0) refuse('"inputs" is empty: name the collections to take inputs from');
  const glob = inputs.find((name) => GLOB.test(name));
  if (glob !== undefined) refuse(`'${glob}' is a glob: name each input collection`);
  const request_ = { search: inputs, includeChains: true, details: false, first: MOST_COLLECTIONS };
  const { failures } = await searchCollections(repositories.select(names), request_, query);
  if (failures.length > 0) throw failures[0]!;
}

/** @throws SatelliteError CONFLICT where the output's name is taken by something else than a chain, or leads into a RUN */
async function checkOutput(
  { repository, fullName }: OpenSatellite,
  output: string,
  query: QueryContext,
): Promise<void> {
  const search = { search: ['*'], includeChains: true };
  const all = await repository.collections(search, query);
  const around = all.find(({ name, type }) => type === 'RUN' && isBelow(runDirectory(output), runDirectory(name)));
  if (around) {
    const message = `Files of '${output}' would be among those of the RUN '${around.name}' of '${fullName}': take another name.`;
    throw new SatelliteError('CONFLICT', message);
  }
  const there = all.find(({ name }) => name === output);
  if (!there || there.type === 'CHAINED') return;
  throw new SatelliteError(
    'CONFLICT',
    `'${output}' is a ${there.type} collection of '${fullName}', but the output of a run is a CHAINED one: take another name.`,
  );
}

/** @throws SatelliteError BAD_USER_INPUT */
function refuse(why: string): never {
  throw new SatelliteError('BAD_USER_INPUT', `The run cannot be made: ${why}.`);
}
