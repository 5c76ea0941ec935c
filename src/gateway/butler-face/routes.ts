/**
 * The RemoteButler face (design section 2): `/api/butler/repo/{name}/…` speaks the protocol of the stock server for every
 * repository that the caller may read, and for several as one, `{a}+{b}` in search order.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { InvalidQueryError } from '../../butler/errors.ts';
import { parseJson, stringifyJson, type Json } from '../../butler/json.ts';
import { encodeUniverse } from '../../butler/universe-wire.ts';
import { decodeResultSpec } from '../../butler/query/wire.ts';
import { FederatedRepository } from '../../repository/federated/federated-repository.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import { answerFile } from '../http/files.ts';
import { isNamedToAll } from '../../access/readable.ts';
import { costOfStream } from '../request-meter.ts';
import type { FacesOptions } from '../http/server.ts';
import { mustBeReadable } from '../recheck.ts';
import type { Lasting, RequestScope } from '../request-scope.ts';
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
import { downloadedFile, fileAnswer, fileTransferAnswer, type Addresses } from './files.ts';
import { allDatasetsLines, readQuery } from './queries.ts';
import {
  allDatasetsBody,
  anyBody,
  askedRows,
  countBody,
  datasetsBody,
  executeBody,
  expandDataIdBody,
  explainBody,
  fileTransferBody,
  findDatasetBody,
  getFileByDataIdBody,
  MalformedRequestError,
  materializedIn,
  queryCollectionInfoBody,
  queryCollectionsBody,
  queryDatasetTypesBody,
  readBody,
  readUuid,
} from './requests.ts';
import { refAnswer } from './ref-answer.ts';
import { datasetLine, resultLines } from './result-pages.ts';
import { sendLines } from './streaming.ts';

/** Bytes of a request: data IDs come by the hundred thousand. */
const BODY_BYTES = 64 << 20;
/** Of a request's body that one point pays for: to read it keeps everybody waiting. */
const BYTES_PER_POINT = 10_000;

interface Address {
  Params: { repository: string; name: string; uuid: string };
  Querystring: Record<string, string | undefined>;
}
type FaceRequest = FastifyRequest<Address>;

/** What a request is about: one repository, or several that answer as one. */
interface Addressed {
  readonly repository: Repository;
  /** As the request names it. */
  readonly called: string;
  readonly scope: RequestScope & Lasting;
  /** `scope.query` */
  readonly ctx: QueryContext;
  readonly addresses: Addresses;
}

interface Asked extends Addressed {
  readonly body: unknown;
  readonly query: FaceRequest['query'];
  readonly params: FaceRequest['params'];
}

/** An answer: JSON text, or an object that becomes it. */
type Answer = (asked: Asked) => Promise<string | object>;
type Lines = (asked: Asked) => AsyncIterator<string>;

export async function butlerFaceRoutes(app: FastifyInstance, options: FacesOptions): Promise<void> {
  await app.register(async (face) => {
    face.setErrorHandler(answerFailure);
    face.removeContentTypeParser('application/json');
    face.addContentTypeParser(
      'application/json',
      { parseAs: 'string' },
      async (_request: FastifyRequest, text: string) => readJson(text),
    );
    const charge = async ({ principal }: RequestScope, points: number, reply: FastifyReply): Promise<void> => {
      if (points > 0) await options.meter.charge(principal, points, reply);
    };
    const addressed = new WeakMap<FastifyRequest, Addressed>();
    /** Before the body is read: who may not ask, or has asked too much, sends none. */
    const open = async (request: FaceRequest, reply: FastifyReply): Promise<void> => {
      const scope = await options.openScope(request, reply, options.limits.exportSeconds);
      const called = request.params.repository;
      const isView = Object.hasOwn(options.views, called);
      const names = isView ? options.views[called]! : called.split('+');
      const members = [...new Set(names)].map((name) => {
        const found = scope.repositories.find(name);
        if (!found) throw new PathError(404, `Unknown repository '${isView ? called : name}'`);
        return found.repository;
      });
      scope.keepChecking(async (now) => mustBeReadable(names, scope.repositories, now));
      const repository = members.length === 1 ? members[0]! : new FederatedRepository(members);
      const { username, limits } = scope.principal;
      const bytes = Number(request.headers['content-length'] ?? (request.method === 'POST' ? BODY_BYTES : 0));
      await charge(scope, Math.floor(bytes / BYTES_PER_POINT), reply);
      const addresses: Addresses = {
        publicUrl: options.publicUrl(),
        mintReading: ({ repository: name, uuid }) =>
          // A worker's token ends sooner, and the worker has it to send.
          limits ? undefined : options.mintReading({ username, repository: name, uuid, issued: nowSeconds() }),
      };
      addressed.set(request, { repository, called, scope, ctx: scope.query, addresses });
    };
    const ask = async (request: FaceRequest, reply: FastifyReply): Promise<Asked> => {
      const asked = addressed.get(request)!;
      const { body, query, params } = request;
      await charge(asked.scope, materializedIn(body) * costOfStream(), reply);
      return { ...asked, body, query, params };
    };
    const base = '/api/butler/repo/:repository';
    const answering = (answer: Answer) => async (request: FaceRequest, reply: FastifyReply) => {
      const answered = await answer(await ask(request, reply));
      return reply.type('application/json').send(typeof answered === 'string' ? answered : stringifyJson(answered));
    };
    const get = (path: string, answer: Answer) =>
      face.get<Address>(`${base}${path}`, { onRequest: open }, answering(answer));
    const withBody = { bodyLimit: BODY_BYTES, onRequest: open };
    const post = (path: string, answer: Answer) => face.post<Address>(`${base}${path}`, withBody, answering(answer));
    const stream = (path: string, limited: 'result_spec' | 'body', lines: Lines) =>
      face.post<Address>(`${base}${path}`, withBody, async (request, reply) => {
        const asked = await ask(request, reply);
        await charge(asked.scope, costOfStream(askedRows(asked.body, limited)), reply);
        await options.streams.enter(asked.scope.principal.username, reply, asked.ctx.signal);
        return sendLines(reply, lines(asked));
      });

    // Clients read it before they have a token to send; it says nothing of the repository, whether it exists included.
    for (const file of ['butler.yaml', 'butler.json']) {
      face.get(`${base}/${file}`, (_request, reply) => reply.type('application/json').send(CLIENT_CONFIG));
    }

    face.all('/api/butler/*', () => {
      throw new PathError(404, 'Not Found');
    });

    face.get('/api/butler/repositories.yaml', async (request, reply) => {
      // Anonymous clients ask too: `DAF_BUTLER_REPOSITORY_INDEX` is read without a token.
      const scope =
        request.headers.authorization === undefined
          ? undefined
          : await options.openScope(request, reply, options.limits.seconds);
      const offered = scope?.repositories.all ?? options.offered.filter(isNamedToAll);
      return reply.type('application/yaml').send(repositoryIndex(offered, options.views, options.publicUrl()));
    });

    get('/v1/universe', async ({ repository, ctx }) => ({ universe: encodeUniverse(await repository.universe(ctx)) }));
    get('/v1/dataset_type/:name', ({ repository, params, ctx }) => datasetTypeAnswer(repository, params.name, ctx));
    get('/v1/dataset/:uuid', async ({ repository, params, query, ctx }) => {
      const uuid = readUuid('id', params.uuid);
      const row = (await repository.datasets([uuid], ctx)).get(uuid);
      return refAnswer(repository, row ?? null, null, query['dimension_records'] === 'true', ctx);
    });
    face.route<Address>({
      method: ['GET', 'HEAD'],
      url: `${base}/v1/dataset/:uuid/download`,
      onRequest: open,
      handler: async (request, reply) => {
        const { repository, called, scope } = await ask(request, reply);
        const uuid = readUuid('dataset_id', request.params.uuid);
        const component = request.query['component'] ?? null;
        const file = await downloadedFile(repository, called, uuid, component, scope.query);
        return answerFile(request, reply, file, scope, options.files);
      },
    });
    get('/v1/get_file/:uuid', ({ repository, params, addresses, ctx }) =>
      fileAnswer(repository, readUuid('dataset_id', params.uuid), addresses, ctx),
    );
    get('/v1/collection_info', ({ repository, query, ctx }) => {
      const [doc, parents] = [query['include_doc'] === 'true', query['include_parents'] === 'true'];
      return collectionInfoAnswer(repository, requiredParameter(query, 'name'), { doc, parents }, ctx);
    });
    get('/v1/collection_summary', ({ repository, query, ctx }) =>
      collectionSummaryAnswer(repository, requiredParameter(query, 'name'), ctx),
    );

    post('/v1/datasets', async ({ repository, body, ctx }) => {
      const found = await repository.datasets(readBody(datasetsBody, body).dataset_ids, ctx);
      return datasetLine([...found.values()], null);
    });
    post('/v1/find_dataset', async ({ repository, body, ctx }) => {
      const request = readBody(findDatasetBody, body);
      const row = await repository.findDataset(findRequest(request), ctx);
      return refAnswer(repository, row, request.dataset_type, request.dimension_records, ctx);
    });
    post('/v1/expand_data_id', ({ repository, body, ctx }) =>
      expandedDataId(repository, readBody(expandDataIdBody, body).data_id, ctx),
    );
    post('/v1/get_file_by_data_id', ({ repository, body, addresses, ctx }) =>
      fileByDataIdAnswer(repository, findRequest(readBody(getFileByDataIdBody, body)), addresses, ctx),
    );
    post('/v1/file_transfer', ({ repository, body, addresses: { publicUrl }, ctx }) =>
      fileTransferAnswer(repository, readBody(fileTransferBody, body).dataset_ids, publicUrl, ctx),
    );
    post('/v1/query_collections', ({ repository, body, ctx }) =>
      collectionNamesAnswer(repository, readBody(queryCollectionsBody, body), ctx),
    );
    post('/v1/query_collection_info', ({ repository, body, ctx }) =>
      collectionInfosAnswer(repository, readBody(queryCollectionInfoBody, body), ctx),
    );
    post('/v1/query_dataset_types', ({ repository, body, ctx }) =>
      datasetTypesAnswer(repository, readBody(queryDatasetTypesBody, body).search, ctx),
    );

    stream('/v1/query/execute', 'result_spec', async function* ({ repository, body, ctx }) {
      const request = readBody(executeBody, body);
      const spec = decodeResultSpec(request.result_spec as Json, await repository.universe(ctx));
      yield* resultLines(repository, await readQuery(request.query, repository, ctx), spec, ctx);
    });
    stream('/v1/query/all_datasets', 'body', async function* ({ repository, body, ctx }) {
      yield* allDatasetsLines(repository, readBody(allDatasetsBody, body), ctx);
    });
    post('/v1/query/count', async ({ repository, body, ctx }) => {
      const request = readBody(countBody, body);
      const spec = decodeResultSpec(request.result_spec as Json, await repository.universe(ctx));
      const query = await readQuery(request.query, repository, ctx);
      const { exact, discard } = request;
      const count = await repository.count(query, spec, ctx, { exact, discard });
      return { count: spec.limit === null ? count : Math.min(count, spec.limit) };
    });
    post('/v1/query/any', async ({ repository, body, ctx }) => {
      const { query, ...how } = readBody(anyBody, body);
      return { found_rows: await repository.any(await readQuery(query, repository, ctx), ctx, how) };
    });
    post('/v1/query/explain', async ({ repository, body, ctx }) => {
      const { query, execute } = readBody(explainBody, body);
      return { messages: await repository.explain(await readQuery(query, repository, ctx), ctx, { execute }) };
    });
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

function requiredParameter(query: FaceRequest['query'], name: string): string {
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

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
