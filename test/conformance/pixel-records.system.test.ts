/** Records of sky pixels, which no repository stores, as a stock Python client gets them from the RemoteButler face. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pythonProgram } from '../../stack/checkout.ts';
import { copySqliteRepository, sqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { runGateway } from '../gateway/running-gateway.ts';

const SCRIPT = join(import.meta.dirname, '../oracle/pixel_records.py');

test('HEALPix and HTM pixels have the regions that stock Butler gives them, in one repository and in several', async () => {
  await using directory = await temporaryDirectory();
  await copySqliteRepository('satellite', directory.path); // stock Python opens it for writing
  const repositories = [
    { name: 'one', kind: 'direct', path: directory.path },
    { name: 'other', kind: 'direct', path: sqliteRepository('official') },
  ];
  await using gateway = await runGateway({ yaml: `repositories: ${JSON.stringify(repositories)}` });
  const servers = ['one', 'one+other'].map((name) => `${gateway.url}/api/butler/repo/${name}`);
  const args = [SCRIPT, directory.path, ...servers, '--token', await gateway.token()];
  const { stdout } = await promisify(execFile)(pythonProgram('python'), args);
  expect(JSON.parse(stdout)).toEqual([]);
}, 300_000);
