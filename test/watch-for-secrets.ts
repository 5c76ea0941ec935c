/**
 * Runs before each file of tests: whatever directory a test has made for itself is looked through when it goes, and the file
 * fails where something left a token, a signature or a capability in it.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { afterAll, expect } from 'vitest';
import { leaks, secretsBelow } from './secrets.ts';

const { rm } = fs;
fs.rm = async (path, options) => {
  if (!options?.recursive || dirname(String(path)) !== tmpdir()) return rm(path, options);
  leaks.push(...(await secretsBelow(String(path))));
  // What a process that is about to end still writes there does not fail the test.
  return rm(path, { ...options, maxRetries: 10 });
};
syncBuiltinESMExports();

// Hooks of the file itself run before.
afterAll(() => {
  fs.rm = rm;
  syncBuiltinESMExports();
  expect(leaks.splice(0)).toEqual([]);
});
