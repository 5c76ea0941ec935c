/**
 * The RemoteButler face: `/api/butler/repo/{name}/…` speaks the protocol of the stock server for every
 * repository that the caller may read, and for several as one, `{a}+{b}` in search order.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { FileResolver } from '../../access/file-resolution.ts';
import { isNamedToAll } from '../../access/readable.ts';
import { InvalidQueryError } from '../../butler/errors.ts';
import { parseJson, type Json } from '../../butler/json.ts';
import { encodeUniverse } from '../../butler/universe-wire.ts';
import { decodeResultSpec } from '../../butler/query/wire.ts';
import { answerFile } from '../http/files.ts';
import type { FacesOptions } from '../http/server.ts';
import { repositoryIndex } from './repository-index.ts';
import {
  collectionInfoAnswer,
  collectionInfosAnswer,
  collectionNamesAnswer,
  collectionSummaryAnswer,
  datasetTypeAnswer,
  datasetTypesAnswer,
} from './collections.ts';
import { expandedDataId } from './data-ids.ts';
import { answerFailure, PathError } from './failures.ts';
import { fileByDataIdAnswer } from './file-by-data-id.ts';
import { downloadedFile, fileAnswer, fileTransferAnswer } from './files.ts';
import { allDatasetsLines, readQuery } from './queries.ts';
import {
  allDatasetsBody,
  anyBody,
  countBody,
  datasetsBody,
  executeBody,
  expandDataIdBody,
  explainBody,
  fileTransferBody,
  findDatasetBody,
  getFileByDataIdBody,
  MalformedRequestError,
  queryCollectionInfoBody,
  queryCollectionsBody,
  queryDatasetTypesBody,
  readBody,
  readUuid,
} from './requests.ts';
import { refAnswer } from './ref-answer.ts';
import { datasetLine, resultLines } from './result-pages.ts';
import { REPOSITORY_PATH, Routing, type Asked } from './routing.ts';

export async function butlerFaceRoutes(app: FastifyInstance, options: FacesOptions): Promise<void> {
  await app.register(async (face) => {
    face.setErrorHandler(answerFailure);
    face.removeContentTypeParser('application/json');
    face.addContentTypeParser(
      'application/json',
      { parseAs: 'string' },
      async (_request: FastifyRequest, text: string) => readJson(text),
    );
    discoveryRoutes(face, options);
    const routing = new Routing(face, options);
    repositoryRoutes(routing);
    datasetRoutes(routing, options.files);
    queryRoutes(routing);
  });
}

/** How clients find the repositories and how to speak to them; and that nothing else is here. */
function discoveryRoutes(face: FastifyInstance, options: FacesOptions): void {
  // Clients read it before they have a token to send; it says nothing of the repository, whether it exists included.
  for (const file of ['butler.yaml', 'butler.json']) {
    face.get(`${REPOSITORY_PATH}/${file}`, (_request, reply) => reply.type('application/json').send(CLIENT_CONFIG));
  }

  face.get('/api/butler/repositories.yaml', async (request, reply) => {
    // Anonymous clients ask too: `DAF_BUTLER_REPOSITORY_INDEX` is read without a token.
    const scope =
      request.headers.authorization === undefined
        ? undefined
        : await options.openScope(request, reply, options.limits.seconds);
    const offered = scope?.repositories.all ?? options.offered.filter(isNamedToAll);
    return reply.type('application/yaml').send(repositoryIndex(offered, options.views, options.publicUrl()));
  });

  face.all('/api/butler/*', () => {
    throw new PathError(404, 'Not Found');
  });
}

/** What a repository is, and its dataset types and collections. */
function repositoryRoutes(routing: Routing): void {
  routing.get('/v1/universe', async ({ repository, ctx }) => ({
    universe: encodeUniverse(await repository.universe(ctx)),
  }));
  routing.get('/v1/dataset_type/:name', ({ repository, params, ctx }) =>
    datasetTypeAnswer(repository, params.name, ctx),
  );
  routing.post('/v1/query_dataset_types', ({ repository, body, ctx }) =>
    datasetTypesAnswer(repository, readBody(queryDatasetTypesBody, body).search, ctx),
  );
  routing.get('/v1/collection_info', ({ repository, query, ctx }) => {
    const [doc, parents] = [query['include_doc'] === 'true', query['include_parents'] === 'true'];
    return collectionInfoAnswer(repository, requiredParameter(query, 'name'), { doc, parents }, ctx);
  });
  routing.get('/v1/collection_summary', ({ repository, query, ctx }) =>
    collectionSummaryAnswer(repository, requiredParameter(query, 'name'), ctx),
  );
  routing.post('/v1/query_collections', ({ repository, body, ctx }) =>
    collectionNamesAnswer(repository, readBody(queryCollectionsBody, body), ctx),
  );
  routing.post('/v1/query_collection_info', ({ repository, body, ctx }) =>
    collectionInfosAnswer(repository, readBody(queryCollectionInfoBody, body), ctx),
  );
  routing.post('/v1/expand_data_id', ({ repository, body, ctx }) =>
    expandedDataId(repository, readBody(expandDataIdBody, body).data_id, ctx),
  );
}

/** Datasets that are known by UUID or data ID, and their files. */
function datasetRoutes(routing: Routing, files: FileResolver): void {
  routing.get('/v1/dataset/:uuid', async ({ repository, params, query, ctx }) => {
    const uuid = readUuid('id', params.uuid);
    const row = (await repository.datasets([uuid], ctx)).get(uuid);
    return refAnswer(repository, row ?? null, null, query['dimension_records'] === 'true', ctx);
  });
  routing.post('/v1/datasets', async ({ repository, body, ctx }) => {
    const found = await repository.datasets(readBody(datasetsBody, body).dataset_ids, ctx);
    return datasetLine([...found.values()], null);
  });
  routing.post('/v1/find_dataset', async ({ repository, body, ctx }) => {
    const request = readBody(findDatasetBody, body);
    const row = await repository.findDataset(findRequest(request), ctx);
    return refAnswer(repository, row, request.dataset_type, request.dimension_records, ctx);
  });
  routing.respond(['GET', 'HEAD'], '/v1/dataset/:uuid/download', async (asked, request, reply) => {
    const { repository, called, scope, params, query, ctx } = asked;
    const uuid = readUuid('dataset_id', params.uuid);
    const file = await downloadedFile(repository, called, uuid, query['component'] ?? null, ctx);
    return answerFile(request, reply, file, scope, files);
  });
  routing.get('/v1/get_file/:uuid', ({ repository, params, addresses, ctx }) =>
    fileAnswer(repository, readUuid('dataset_id', params.uuid), addresses, ctx),
  );
  routing.post('/v1/get_file_by_data_id', ({ repository, body, addresses, ctx }) =>
    fileByDataIdAnswer(repository, findRequest(readBody(getFileByDataIdBody, body)), addresses, ctx),
  );
  routing.post('/v1/file_transfer', ({ repository, body, addresses: { publicUrl }, ctx }) =>
    fileTransferAnswer(repository, readBody(fileTransferBody, body).dataset_ids, publicUrl, ctx),
  );
}

/** What a query tree finds. */
function queryRoutes(routing: Routing): void {
  routing.stream('/v1/query/execute', 'result_spec', async function* ({ repository, body, ctx }) {
    const request = readBody(executeBody, body);
    const spec = decodeResultSpec(request.result_spec as Json, await repository.universe(ctx));
    yield* resultLines(repository, await readQuery(request.query, repository, ctx), spec, ctx);
  });
  routing.stream('/v1/query/all_datasets', 'body', async function* ({ repository, body, ctx }) {
    yield* allDatasetsLines(repository, readBody(allDatasetsBody, body), ctx);
  });
  routing.post('/v1/query/count', async ({ repository, body, ctx }) => {
    const request = readBody(countBody, body);
    const spec = decodeResultSpec(request.result_spec as Json, await repository.universe(ctx));
    const query = await readQuery(request.query, repository, ctx);
    const { exact, discard } = request;
    const count = await repository.count(query, spec, ctx, { exact, discard });
    return { count: spec.limit === null ? count : Math.min(count, spec.limit) };
  });
  routing.post('/v1/query/any', async ({ repository, body, ctx }) => {
    const { query, ...how } = readBody(anyBody, body);
    return { found_rows: await repository.any(await readQuery(query, repository, ctx), ctx, how) };
  });
  routing.post('/v1/query/explain', async ({ repository, body, ctx }) => {
    const { query, execute } = readBody(explainBody, body);
    return { messages: await repository.explain(await readQuery(query, repository, ctx), ctx, { execute }) };
  });
}

/** The client puts the address that it read this from in place of `<butlerRoot>`. */
const CLIENT_CONFIG = JSON.stringify({
  cls: 'lsst.daf.butler.remote_butler.RemoteButler',
  remote_butler: { url: '<butlerRoot>', authentication: 'rubin_science_platform' },
});

function findRequest({
  dataset_type: datasetType,
  data_id: dataId,
  default_data_id: defaultDataId,
  collections,
  timespan,
}: Omit<ReturnType<typeof findDatasetBody.parse>, 'dimension_records'>) {
  return { datasetType, dataId, defaultDataId, collections, timespan };
}

function requiredParameter(query: Asked['query'], name: string): string {
  const value = query[name];
  if (value !== undefined) return value;
  throw new MalformedRequestError([{ type: 'missing', loc: ['query', name], msg: 'Field required', input: null }]);
}

function readJson(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof InvalidQueryError)) throw error;
    const complaint = { type: 'json_invalid', loc: ['body', text.length], msg: 'JSON decode error', input: {} };
    throw new MalformedRequestError([complaint]);
  }
}
