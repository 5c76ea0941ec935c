import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { exportedRows } from '../export/exported-rows.ts';
import { jsonLines } from '../export/json-lines.ts';
import { parseExportRequest } from '../export/request.ts';
import { costOfStream } from '../request-meter.ts';
import { mustBeReadable } from '../recheck.ts';
import type { OnDemand } from './graphql.ts';
import type { FacesOptions } from './server.ts';

const MEDIA_TYPES = { jsonl: 'application/jsonl', parquet: 'application/vnd.apache.parquet' };

/** Answers `POST /export`: all rows of a query field, as they come, in bounded memory. */
export async function answerExport(
  request: FastifyRequest,
  reply: FastifyReply,
  graphql: OnDemand,
  options: FacesOptions,
): Promise<FastifyReply> {
  const scope = await options.openScope(request, reply, options.limits.exportSeconds);
  const wanted = parseExportRequest(request.body, (await graphql()).schema);
  request.operationName = wanted.field;
  await options.meter.charge(scope.principal, costOfStream(), reply);
  await options.streams.enter(scope.principal.username, reply, scope.query.signal);
  const rows = exportedRows(wanted, scope);
  const parts: AsyncIterable<string | Uint8Array> =
    wanted.format === 'jsonl' ? jsonLines(rows) : (await import('../export/parquet.ts')).parquetFile(rows);
  const iterator = parts[Symbol.asyncIterator]();
  // An error before the first row has a status of its own, so the answer begins only when that row is there.
  const first = await iterator.next();
  const chosen =
    (wanted.arguments['repositories'] as string[] | undefined) ?? scope.repositories.all.map((r) => r.name);
  scope.keepChecking(async (now) => mustBeReadable(chosen, scope.repositories, now));
  reply.header('cache-control', 'no-store').type(MEDIA_TYPES[wanted.format]);
  return reply.send(Readable.from(withFirst(first, iterator), { objectMode: false }));
}

async function* withFirst<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncIterable<T> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
