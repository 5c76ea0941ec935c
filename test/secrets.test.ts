import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { leaks, secretsBelow, secretsIn } from './secrets.ts';

const MAC = 'A'.repeat(43);
const PLANTED = [
  ['a JWT', `token=${['eyJhbGciOiJFZERTQSJ9', 'eyJzdWIiOiJhbGljZSJ9', 'c2lnbmF0dXJlLW9mLWl0'].join('.')}`],
  ['a Gafaelfawr token', `gt-${'a'.repeat(22)}.${'b'.repeat(22)}`],
  ['a bearer token', `{"authorization":"Bearer ${'x'.repeat(24)}"}`],
  ['a signature', `https://s3.example/k?X-Amz-Expires=60&X-Amz-Signature=${'0af3'.repeat(16)}`],
  ['a signature', `https://s3.example/k?AWSAccessKeyId=k&Signature=${'aB%2F'.repeat(6)}&Expires=1`],
  ['a capability', `http://gateway.example/files/dp1/~s1.1.${MAC}/00000000-0000-4000-8000-000000000000/x`],
] as const;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secrets-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('what a run of tests left', () => {
  test.each(PLANTED)('is found to hold %s, without its being repeated', async (kind, text) => {
    await mkdir(join(directory, 'deep', 'down'), { recursive: true });
    await writeFile(
      join(directory, 'deep', 'down', 'state.sqlite3'),
      Buffer.from(`\0\x01\xff before ${text}\0`, 'latin1'),
    );
    const found = await secretsBelow(directory);
    expect(found).toContainEqual(expect.stringContaining(`${kind} in deep/down/state.sqlite3`));
    for (const line of found) expect(line).not.toContain(text.slice(-24));
    await rm(join(directory, 'deep'), { recursive: true });
  });

  test('may hold an opt-in capability in the records of a satellite, and nothing else there', () => {
    const [, capability] = PLANTED.find(([kind]) => kind === 'a capability')!;
    const [, token] = PLANTED[0];
    expect(secretsIn(capability, 'satellites/alice/mine/gen3.sqlite3')).toEqual([]);
    expect(secretsIn(capability, 'gateway.log')).toHaveLength(1);
    expect(secretsIn(token, 'satellites/alice/mine/gen3.sqlite3')).toHaveLength(1);
  });

  test('is looked through when a test removes its directory', async () => {
    const leaking = await mkdtemp(join(tmpdir(), 'leaking-'));
    await writeFile(join(leaking, 'gateway.log'), PLANTED[0][1]);
    await rm(leaking, { recursive: true });
    expect(leaks.splice(0)).toEqual([expect.stringContaining('a JWT in gateway.log')]);
  });
});

test.each([
  ['words about tokens', 'Bearer tokens of users; eyJ begins a JWT; Signature= is left out; gt-… of Gafaelfawr'],
  ['redacted addresses', 'https://s3.example/k?X-Amz-Signature=… /files/dp1/~…/x'],
])('%s are no secrets', (_what, text) => {
  expect(secretsIn(text, 'x')).toEqual([]);
});
