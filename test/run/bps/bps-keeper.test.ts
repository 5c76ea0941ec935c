/** A workflow whose inputs are refused is ended, and not left to fail. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { attachRecords } from '../../../src/run/attach.ts';
import type { KeeperRequest } from '../../../src/run/bps/keeper-request.ts';
import { temporaryDirectory } from '../../fixtures/repositories.ts';

test('a workflow whose token the gateway refuses is ended, and says so', async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string) => join(directory.path, name);
  const server = createServer((_, answer) => answer.writeHead(401).end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const about = { size: 1, checksum: null, formatter: 'f', storageClass: 'StructuredDataDict', component: null };
  await attachRecords({
    ...{ graph: resolve('test/data/graphs/dictionary.qg'), into: at('graph.qg'), datastore: 'd' },
    files: async (uuids) =>
      new Map(uuids.map((uuid) => [uuid, [{ ...about, fileName: 'f', path: `${gateway}/files/dp1/${uuid}/f` }]])),
  });
  // In place of BPS: reads an input where the graph says that it is, and goes on for ever.
  const bps = `#!${process.execPath}
import { PredictedGraph } from ${JSON.stringify(resolve('src/run/graph/predicted-graph.ts'))};
const graph = await PredictedGraph.open(${JSON.stringify(at('given.qg'))});
for await (const { files } of graph.quanta()) {
  const [[, records]] = [...files.values()].flatMap((of) => [...of]);
  await fetch(records[0].path);
  break;
}
setInterval(() => undefined, 1_000_000);
`;
  await writeFile(at('bps'), bps, { mode: 0o755 });
  await writeFile(at('token'), 'revoked');
  const request: KeeperRequest = {
    ...{ programs: directory.path, gateway, tokenFile: at('token'), graph: at('graph.qg'), given: at('given.qg') },
    ...{ config: at('config.yaml'), submit: at('submit'), log: at('log'), ended: at('ended.json'), environment: {} },
  };
  await writeFile(at('keeper.json'), JSON.stringify(request));
  const keeper = spawn(process.execPath, [resolve('src/run/bps/bps-keeper.ts'), at('keeper.json')]);
  await once(keeper, 'exit');
  server.close();
  expect(JSON.parse(await readFile(at('ended.json'), 'utf8'))).toEqual({ status: null, held: 'UNAUTHENTICATED' });
});
