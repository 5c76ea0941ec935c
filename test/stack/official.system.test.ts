import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonProgram } from '../../stack/checkout.ts';
import { StackIssuer } from '../../stack/gateway.ts';
import { type Official, startOfficial } from '../../stack/official.ts';

let directory: string;
let issuer: StackIssuer;
let official: Official;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'satellite-official-'));
  issuer = await StackIssuer.in(directory);
  official = await startOfficial(join(directory, 'official'), issuer);
});
afterAll(async () => {
  await official.stop();
  await rm(directory, { recursive: true, force: true });
});

const PROGRAM = `
import json, sys
from lsst.daf.butler import Butler
butler = Butler(sys.argv[1])
(ref,) = butler.query_datasets("calexp_metrics", "HSC/defaults", data_id={"instrument": "HSC", "visit": 903344, "detector": 0})
json.dump({"run": ref.run, "content": butler.get(ref)}, sys.stdout)
`;

test('stock Python finds an official dataset through the stock server and reads its file from S3', async () => {
  const { stdout } = await promisify(execFile)(pythonProgram('python'), ['-c', PROGRAM, official.url], {
    env: { ...process.env, BUTLER_RUBIN_ACCESS_TOKEN: await issuer.token('alice') },
  });
  expect(JSON.parse(stdout)).toEqual({
    run: 'HSC/runs/DRP/w43',
    content: { run: 'HSC/runs/DRP/w43', psf_fwhm: 0.6, n_sources: 100 },
  });
});

test('the server is reached with a valid token only, whatever name a request claims', async () => {
  const universe = `${official.url}/v1/universe`;
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(universe, { headers })).status;
  expect(await status({ authorization: `Bearer ${await issuer.token('alice')}` })).toBe(200);
  expect(await status({})).toBe(401);
  expect(await status({ 'x-auth-request-user': 'alice', 'x-auth-request-token': 'made up' })).toBe(401);
  const stranger = await StackIssuer.in(join(directory, 'stranger'));
  expect(await status({ authorization: `Bearer ${await stranger.token('alice')}` })).toBe(401);
});

test('a file in S3 is given to nobody without a signature', async () => {
  const found = await fetch(`${official.url}/v1/get_file_by_data_id`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await issuer.token('alice')}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      dataset_type: 'run_config',
      collections: ['HSC/defaults'],
      data_id: {},
      default_data_id: {},
      timespan: null,
    }),
  });
  const signed = new URL(/"url":"([^"]+)"/.exec(await found.text())?.[1] ?? '');
  expect((await fetch(signed)).status).toBe(200);
  signed.search = '';
  expect((await fetch(signed)).status).toBe(403);
});
