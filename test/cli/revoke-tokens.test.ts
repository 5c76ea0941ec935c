import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AuditTrail } from '../../src/access/audit.ts';
import { Revocations } from '../../src/access/revocations.ts';
import { openState } from '../../src/state/open.ts';
import { temporaryDirectory } from '../fixtures/repositories.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const AUTH = 'auth: {issuers: [{issuer: "http://localhost/cli", audience: gateway, jwks: ./jwks.json}]}';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'gateway.yaml'), `${AUTH}\nstate: sqlite:./state.sqlite3`);
  await writeFile(join(directory.path, 'reading.yaml'), AUTH);
});
afterAll(() => directory[Symbol.asyncDispose]());

const revoke = (config: string, ...args: readonly string[]) =>
  promisify(execFile)('node', [MAIN, 'revoke-tokens', '--config', join(directory.path, config), ...args]).then(
    (output) => ({ code: 0, ...output }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

test('an operator revokes the tokens that a user has, or one of them, which the audit trail tells', async () => {
  expect(await revoke('gateway.yaml', 'alice')).toMatchObject({
    code: 0,
    stdout: 'The tokens that alice has now are refused by all gateways within 20 seconds.\n',
  });
  expect(await revoke('gateway.yaml', 'bob', '--id', 'one')).toMatchObject({ code: 0 });
  const signal = AbortSignal.timeout(60_000);
  const state = await openState(`sqlite:${join(directory.path, 'state.sqlite3')}`, signal);
  try {
    const revocations = new Revocations(state);
    const now = Math.floor(Date.now() / 1000);
    expect(await revocations.isRevoked('alice', { iat: now - 60 })).toBe(true);
    expect(await revocations.isRevoked('alice', { iat: now + 60 })).toBe(false);
    expect(await revocations.isRevoked('bob', { iat: now - 60, jti: 'one' })).toBe(true);
    expect(await revocations.isRevoked('bob', { iat: now - 60, jti: 'two' })).toBe(false);
    const lines = await new AuditTrail(state.database).page('all', 10, null);
    expect(lines.map(({ actor, action, detail }) => [actor, action, detail])).toEqual(
      expect.arrayContaining([
        ['~operator', 'revokeTokens', { user: 'alice' }],
        ['~operator', 'revokeTokens', { user: 'bob', id: 'one' }],
      ]),
    );
  } finally {
    await state.close();
  }
});

test('what cannot be done is said', async () => {
  expect(await revoke('gateway.yaml', 'Ali ce')).toMatchObject({ code: 1, stderr: "'Ali ce' is no user name.\n" });
  expect(await revoke('reading.yaml', 'alice')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no "state"'),
  });
});
