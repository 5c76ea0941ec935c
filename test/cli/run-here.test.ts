/** What `satellite run` makes of answers that are not its gateway's, but of something between them. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import { GatewayClient } from '../../src/cli/gateway-client.ts';
import { workHere } from '../../src/cli/run-here.ts';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

type Answers = (what: string, body: Record<string, unknown>, answer: ServerResponse) => void;

/** @param answers is given `claim`, `beat` or `end` */
async function clientOf(answers: Answers): Promise<GatewayClient> {
  const server = createServer((request, answer) => {
    void buffer(request).then((body) => {
      const posted = JSON.parse(String(body)) as Record<string, unknown>;
      answers(request.url!.split('/').at(-1)!, posted, answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => (server.closeAllConnections(), server.close()));
  return new GatewayClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'token');
}

const ingress = (answer: ServerResponse) =>
  answer.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad Gateway</html>');
const json = (answer: ServerResponse, body: object, status = 200) => answer.writeHead(status).end(JSON.stringify(body));

/** Ends at once: the directory is not here. */
const CLAIMED = {
  ...{ claim: 'c', token: 't', gateway: 'http://127.0.0.1:1', directory: '/not/here', environment: {} },
  run: { id: 'r', spec: { executor: 'LOCAL' }, quanta: null },
};
const OPTIONS = { python: '/bin/false', workers: 1, retries: 0, quantumSeconds: 60, buildSeconds: 60 };
const work = (client: GatewayClient) => workHere(client, 'r', 'build', OPTIONS, () => undefined);

test.each([
  ['a page of an ingress', 502, '<html>Bad Gateway</html>'],
  ['a page that says that all is well', 200, '<html>Sign in</html>'],
  ['an object of somebody else’s', 503, '{"message": "no upstream"}'],
])('%s is no answer', async (_what, status, text) => {
  const client = await clientOf((_, _body, answer) => answer.writeHead(status).end(text));
  await expect(client.post('/v1/runs/r/beat', {})).rejects.toMatchObject({ exitCode: EXIT.unreached });
});

test('a run is not begun where the gateway was not reached to claim it', async () => {
  const asked: string[] = [];
  const client = await clientOf((what, _, answer) => (asked.push(what), ingress(answer)));
  await expect(work(client)).rejects.toMatchObject({ exitCode: EXIT.unreached });
  expect(asked).toEqual(['claim']);
});

test('an end that did not arrive is sent again', async () => {
  const ends: unknown[] = [];
  const client = await clientOf((what, body, answer) => {
    if (what !== 'end') json(answer, CLAIMED);
    else if (ends.push(body['end']) === 1) ingress(answer);
    else json(answer, { id: 'r', state: 'FAILED' });
  });
  await work(client);
  const failed = { failed: expect.stringContaining('not on this machine') as string };
  expect(ends).toEqual([failed, failed]);
});

test('an end that arrived, and of which only the answer was lost, is an end', async () => {
  let ends = 0;
  const client = await clientOf((what, _, answer) => {
    if (what !== 'end') json(answer, CLAIMED);
    else if ((ends += 1) === 1) ingress(answer);
    else json(answer, { errors: [{ message: 'no longer', extensions: { code: 'CONFLICT' } }] }, 409);
  });
  await work(client);
  expect(ends).toBe(2);
});

test('an end that is refused is sent once', async () => {
  let ends = 0;
  const client = await clientOf((what, _, answer) => {
    if (what !== 'end') return json(answer, CLAIMED);
    ends += 1;
    return json(answer, { errors: [{ message: 'no longer', extensions: { code: 'CONFLICT' } }] }, 409);
  });
  await expect(work(client)).rejects.toThrow('no longer');
  expect(ends).toBe(1);
});
