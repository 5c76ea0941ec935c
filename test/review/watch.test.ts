/** What the page makes of a subscription that the gateway refuses, or that breaks off. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { Gateway, type GatewayError } from '../../review/gateway.ts';

/** The first thing that a subscription to a server gives. */
async function firstOf(answer: RequestListener): Promise<unknown> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const first = Promise.withResolvers<unknown>();
  const end = new Gateway(`http://127.0.0.1:${port}/graphql`, {}).watch(
    'subscription { a }',
    {},
    {
      told: (data) => first.resolve(data === null ? 'trying again' : data),
      refused: ({ code }: GatewayError) => first.resolve(`refused: ${code}`),
    },
  );
  try {
    return await first.promise;
  } finally {
    end();
    server.closeAllConnections();
    server.close();
  }
}

const events =
  (...results: readonly object[]): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const result of results) response.write(`event: next\ndata: ${JSON.stringify(result)}\n\n`);
    response.end('event: complete\ndata: \n\n');
  };
const status =
  (code: number): RequestListener =>
  (_request, response) =>
    response.writeHead(code).end();
const error = (code: string) => ({ errors: [{ message: 'No.', extensions: { code } }] });

test.each([
  ['an event', events({ data: { a: 1 } }), { a: 1 }],
  ['that one may not watch it', events(error('NOT_FOUND')), 'refused: NOT_FOUND'],
  ['that the token has ended', events(error('UNAUTHENTICATED')), 'refused: UNAUTHENTICATED'],
  ['status 401', status(401), 'refused: UNAUTHENTICATED'],
  ['status 403', status(403), 'refused: FORBIDDEN'],
  ['status 503', status(503), 'trying again'],
  ['that the gateway is being restarted', events(error('UPSTREAM_UNAVAILABLE')), 'trying again'],
  ['an end', events(), 'trying again'],
])('%s is taken for what it is', async (_what, answer, expected) => {
  expect(await firstOf(answer)).toEqual(expected);
});
