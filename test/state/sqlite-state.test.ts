import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { networkFileSystem } from '../../src/state/network-file-system.ts';
import { openState } from '../../src/state/open.ts';
import { GatewaySecret } from '../../src/state/secret.ts';
import fc from '../sample.ts';
import { describeState } from './contract.ts';

const LIMIT = AbortSignal.timeout(600_000);

describeState('SQLite', async (directory) => `sqlite:${join(directory, 'state.sqlite3')}`);

describe('a state on SQLite', () => {
  test('is readable by the gateway alone', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'state-'));
    try {
      const path = join(directory, 'state.sqlite3');
      const state = await openState(`sqlite:${path}`, LIMIT);
      await state.close();
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('is refused where it cannot be, without telling where that is', async () => {
    const refused = openState('sqlite:/nowhere/state.sqlite3', LIMIT);
    await expect(refused).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(refused).rejects.not.toThrow('/nowhere');
  });
});

test('local directories are not taken for network file systems', async () => {
  expect(await networkFileSystem(tmpdir())).toBeUndefined();
});

describe('the secret of a gateway', () => {
  const secret = new GatewaySecret(Buffer.alloc(32, 7));

  test('opens what it sealed, for the same purpose only', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (purpose, text) => {
        const sealed = secret.seal(purpose, text);
        expect(secret.unseal(purpose, sealed)).toBe(text);
        expect(secret.unseal(`${purpose}x`, sealed)).toBeUndefined();
        expect(new GatewaySecret(Buffer.alloc(32, 8)).unseal(purpose, sealed)).toBeUndefined();
      }),
    );
  });

  test('refuses what was changed', () => {
    const sealed = Buffer.from(secret.seal('p', 'text'), 'base64url');
    for (let i = 0; i < sealed.length; i += 1) {
      const changed = Buffer.from(sealed);
      changed[i]! ^= 1;
      expect(secret.unseal('p', changed.toString('base64url'))).toBeUndefined();
    }
    expect(secret.unseal('p', '')).toBeUndefined();
  });
});
