import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { mintToken } from '../../src/access/development-issuer.ts';
import { parseConfig } from '../../src/gateway/config.ts';
import { startGateway } from '../../src/gateway/gateway.ts';
import { createSchema } from '../../src/gateway/graphql/schema.ts';
import type { GraphiqlSettings } from '../../src/gateway/http/graphiql.ts';
import { createLog } from '../../src/gateway/log.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'graphiql', 'examples');

test('every example is a query that the schema allows', async () => {
  const schema = createSchema();
  const files = await readdir(EXAMPLES);
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    expect(validate(schema, parse(await readFile(join(EXAMPLES, file), 'utf8'))), file).toEqual([]);
  }
});

/** The page's settings, asked under a host's name as a browser would. */
async function settings(url: string, host: string): Promise<GraphiqlSettings> {
  return new Promise((resolve, reject) => {
    const asking = request(`${url}/graphiql.json`, { headers: { host } }, (answer) => resolve(json(answer) as never));
    asking.on('error', reject).end();
  });
}

test('the token is filled in on this machine only, whatever name a hostile page gives it', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'gateway.yaml');
  const yaml = (token: string) => `
http: {port: 0}
graphiql: {token: "${token}"}
auth: {issuers: [{issuer: "http://localhost/t", audience: gateway, jwks: ./jwks.json, development: true}]}`;
  const { auth } = parseConfig(yaml('none'), { file, environment: {} });
  const token = await mintToken(auth.issuers[0]!, { username: 'alice', groups: [], expires: '1h' });
  const config = parseConfig(yaml(token), { file, environment: {} });
  const gateway = await startGateway(config, { log: createLog({ write: () => undefined }), offered: [] });
  try {
    const port = new URL(gateway.url).port;
    expect((await settings(gateway.url, `localhost:${port}`)).headers).toEqual({ Authorization: `Bearer ${token}` });
    expect((await settings(gateway.url, `127.0.0.1:${port}`)).headers).toEqual({ Authorization: `Bearer ${token}` });
    expect((await settings(gateway.url, `evil.example:${port}`)).headers).toEqual({});
    expect((await settings(gateway.url, `127.0.0.1.evil.example:${port}`)).headers).toEqual({});
    expect((await settings(gateway.url, `localhost:${port}`)).tabs.length).toBeGreaterThan(3);
  } finally {
    await gateway.close();
  }
});
