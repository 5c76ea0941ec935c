import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Capabilities, type CapabilityGrant } from '../../src/access/capability.ts';

const grant: CapabilityGrant = {
  satelliteId: 's7k2',
  version: 3,
  repository: 'dp1',
  uuid: '0195c2b1-7f3e-7b1a-9c00-1234567890ab',
};
const capabilities = new Capabilities(randomBytes(32));
const minted = capabilities.mint(grant);

test('tells for which satellite and version it was made', () => {
  expect(capabilities.verify(minted, grant)).toEqual(grant);
  expect(encodeURIComponent(minted)).toBe(minted);
});

describe('opens nothing', () => {
  test.each([
    ['of another dataset', { ...grant, uuid: grant.uuid.replace('a', 'b') }],
    ['of another repository', { ...grant, repository: 'dp2' }],
  ])('%s', (_what, other) => {
    expect(capabilities.verify(minted, other)).toBeNull();
  });

  test.each([
    ['with another version', minted.replace('.3.', '.4.')],
    ['with the version spelt otherwise', minted.replace('.3.', '.03.')],
    ['for another satellite', minted.replace('s7k2', 's7k3')],
    ['cut short', minted.slice(0, -1)],
    ['with its unused bits set', minted.slice(0, -1) + String.fromCharCode(minted.charCodeAt(42 + 7) + 1)],
    ['that is empty', ''],
    ['that is no capability', 'x.y'],
  ])('%s', (_what, wrong) => {
    expect(capabilities.verify(wrong, grant)).toBeNull();
  });

  test('of another gateway', () => {
    expect(new Capabilities(randomBytes(32)).verify(minted, grant)).toBeNull();
  });
});
