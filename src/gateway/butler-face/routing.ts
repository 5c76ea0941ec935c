/** How a request of the RemoteButler face goes: the repository of its address is opened, it is paid for, and answered. */
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Principal } from '../../access/principal.ts';
import { stringifyJson } from '../../butler/json.ts';
import { FederatedRepository } from '../../repository/federated/federated-repository.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { FacesOptions } from '../http/server.ts';
import { mustBeReadable } from '../recheck.ts';
import { costOfStream } from '../request-meter.ts';
import type { Lasting, RequestScope } from '../request-scope.ts';
import { PathError } from './failures.ts';
import type { Addresses } from './files.ts';
import { askedRows, materializedIn } from './requests.ts';
import { sendLines } from './streaming.ts';

/** Where the server of a repository is. */
export const REPOSITORY_PATH = '/api/butler/repo/:repository';

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

export interface Asked extends Addressed {
  readonly body: unknown;
  readonly query: Address['Querystring'];
  readonly params: Address['Params'];
}

/** An answer: JSON text, or an object that becomes it. */
type Answer = (asked: Asked) => Promise<string | object>;
type Lines = (asked: Asked) => AsyncIterator<string>;
type Respond = (asked: Asked, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Adds routes below a repository's address. */
export class Routing {
  readonly #face: FastifyInstance;
  readonly #options: FacesOptions;
  readonly #addressed = new WeakMap<FastifyRequest, Addressed>();

  constructor(face: FastifyInstance, options: FacesOptions) {
    this.#face = face;
    this.#options = options;
  }

  get(path: string, answer: Answer): void {
    this.respond('GET', path, answering(answer));
  }

  post(path: string, answer: Answer): void {
    this.respond('POST', path, answering(answer));
  }

  /** A query whose rows are sent as they come. @param limited what has its limit, if any */
  stream(path: string, limited: 'result_spec' | 'body', lines: Lines): void {
    this.respond('POST', path, async (asked, _request, reply) => {
      await this.#charge(asked.scope, costOfStream(askedRows(asked.body, limited)), reply);
      await this.#options.streams.enter(asked.scope.principal.username, reply, asked.ctx.signal);
      return sendLines(reply, lines(asked));
    });
  }

  /** Any other route. */
  respond(method: HTTPMethods | HTTPMethods[], path: string, respond: Respond): void {
    this.#face.route<Address>({
      method,
      url: `${REPOSITORY_PATH}${path}`,
      bodyLimit: BODY_BYTES,
      onRequest: async (request, reply) => this.#open(request, reply),
      handler: async (request, reply) => {
        const { body, query, params } = request;
        const asked: Asked = { ...this.#addressed.get(request)!, body, query, params };
        await this.#charge(asked.scope, materializedIn(body) * costOfStream(), reply);
        return respond(asked, request, reply);
      },
    });
  }

  /** Before the body is read: who may not ask, or has asked too much, sends none. */
  async #open(request: FaceRequest, reply: FastifyReply): Promise<void> {
    const scope = await this.#options.openScope(request, reply, this.#options.limits.exportSeconds);
    const called = request.params.repository;
    const repository = this.#openRepository(called, scope);
    const bytes = Number(request.headers['content-length'] ?? (request.method === 'POST' ? BODY_BYTES : 0));
    await this.#charge(scope, Math.floor(bytes / BYTES_PER_POINT), reply);
    const addresses = this.#addressesFor(scope.principal);
    this.#addressed.set(request, { repository, called, scope, ctx: scope.query, addresses });
  }

  /** @throws PathError where it, or one of several, does not exist for whoever asks */
  #openRepository(called: string, scope: RequestScope & Lasting): Repository {
    const { views } = this.#options;
    const isView = Object.hasOwn(views, called);
    const names = isView ? views[called]! : called.split('+');
    const members = [...new Set(names)].map((name) => {
      const found = scope.repositories.find(name);
      if (!found) throw new PathError(404, `Unknown repository '${isView ? called : name}'`);
      return found.repository;
    });
    scope.keepChecking(async (now) => mustBeReadable(names, scope.repositories, now));
    return members.length === 1 ? members[0]! : new FederatedRepository(members);
  }

  #addressesFor({ username, limits }: Principal): Addresses {
    return {
      publicUrl: this.#options.publicUrl(),
      mintReading: ({ repository, uuid }) =>
        // A worker's token ends sooner, and the worker has it to send.
        limits ? undefined : this.#options.mintReading({ username, repository, uuid, issued: nowSeconds() }),
    };
  }

  async #charge({ principal }: RequestScope, points: number, reply: FastifyReply): Promise<void> {
    if (points > 0) await this.#options.meter.charge(principal, points, reply);
  }
}

function answering(answer: Answer): Respond {
  return async (asked, _request, reply) => {
    const answered = await answer(asked);
    return reply.type('application/json').send(typeof answered === 'string' ? answered : stringifyJson(answered));
  };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
