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

describe('a reading that ends by itself', () => {
  const { repository, uuid } = grant;
  const reading = { username: 'alice.b-c', repository, uuid, issued: 1000 };
  const text = capabilities.mintReading(reading);

  test('tells whose it is until it ends', () => {
    expect(capabilities.readerOf(text, grant, 1599)).toEqual(reading);
    expect(capabilities.readerOf(text, grant, 1600)).toBeNull();
    expect(encodeURIComponent(text)).toBe(text);
  });

  test.each([
    ['of another dataset', text, { repository, uuid: uuid.replace('a', 'b') }],
    ['of another repository', text, { repository: 'dp2', uuid }],
    ['that was made longer', text.replace('.1000.', '.9999.'), grant],
    ['of another user', text.replace(Buffer.from('alice.b-c').toString('base64url'), 'Ym9i'), grant],
    ['of a satellite', minted, grant],
  ])('opens nothing for one %s', (_what, wrong, file) => {
    expect(capabilities.readerOf(wrong, file, 1)).toBeNull();
    expect(capabilities.verify(text, grant)).toBeNull();
  });

  test('opens nothing at another gateway', () => {
    expect(new Capabilities(randomBytes(32)).readerOf(text, grant, 1)).toBeNull();
  });
});
