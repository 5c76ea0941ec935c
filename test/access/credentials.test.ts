import { describe, expect, test } from 'vitest';
import { credentialsOf, isInside, parseAddressBlock } from '../../src/access/credentials.ts';

const request = (remoteAddress: string | undefined, headersDistinct: Record<string, string[]>) =>
  ({ headersDistinct, socket: { remoteAddress } }) as unknown as Parameters<typeof credentialsOf>[0];
const trusted = ['10.1.0.0/16', '2001:db8::/32'].map(parseAddressBlock);
const HEADERS = { 'x-auth-request-user': ['alice'], 'x-auth-request-token': ['gt-x'] };

describe('the ingress’s headers are believed', () => {
  test.each(['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::1'])('from %s, which is inside its block', (address) => {
    expect(credentialsOf(request(address, HEADERS), trusted).proxy).toEqual({
      username: 'alice',
      token: 'gt-x',
      service: undefined,
    });
  });

  test.each(['10.2.0.1', '::ffff:10.2.0.1', '127.0.0.1', '2001:db9::1', '::1', '', undefined])(
    'from nowhere else: not from %j',
    (address) => {
      const headers = { ...HEADERS, 'x-forwarded-for': ['10.1.2.3'], 'x-real-ip': ['10.1.2.3'] };
      expect(credentialsOf(request(address, headers), trusted).proxy).toBeUndefined();
    },
  );

  test('from nobody where no block is configured', () => {
    expect(credentialsOf(request('10.1.2.3', HEADERS), []).proxy).toBeUndefined();
  });
});

test('a block of IPv4 addresses in IPv6’s form is one of IPv4 addresses', () => {
  const block = parseAddressBlock('::ffff:10.1.0.0/112');
  expect(isInside('10.1.2.3', [block])).toBe(true);
  expect(isInside('10.2.2.3', [block])).toBe(false);
});

test.each(['10.1.0.0', '10.1.0.0/33', 'ingress/8', ''])('%j is no block', (text) => {
  expect(() => parseAddressBlock(text)).toThrow();
});

test('a header of the ingress that is there twice is refused', () => {
  const twice = { 'x-auth-request-user': ['alice', 'bob'] };
  expect(() => credentialsOf(request('10.1.2.3', twice), trusted)).toThrow('is there twice');
  expect(credentialsOf(request('127.0.0.1', twice), trusted).proxy).toBeUndefined();
});
