import { describe, expect, test } from 'vitest';
import {
  fileUrl,
  parsePermanentAddress,
  permanentAddress,
  withoutCapability,
  type AddressedFile,
} from '../../src/access/permanent-address.ts';
import fc from '../sample.ts';

const UUID = '0195c2b1-7f3e-7b1a-9c00-1234567890ab';
const HERE = 'https://rsp.example.org/api/satellite';

const files = fc.record<AddressedFile>({
  repository: fc.stringMatching(/^([a-z0-9._-]{1,8}~)?[a-z0-9][a-z0-9_.-]{0,8}$/),
  uuid: fc.uuid(),
  component: fc.option(fc.string({ minLength: 1, unit: 'grapheme' })),
  fileName: fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => !/^\.{1,2}$/.test(name)),
  capability: fc.option(fc.stringMatching(/^[a-z0-9]{4,8}\.\d\.[A-Za-z0-9_-]{43}$/)),
});

test('an address says again what it was made from', () => {
  fc.assert(
    fc.property(files, (file) => {
      expect(parsePermanentAddress(permanentAddress(HERE, file), ['http://127.0.0.1:8080', HERE])).toEqual(file);
    }),
  );
});

test('an address without its capability is the one that everybody is shown', () => {
  fc.assert(
    fc.property(files, (file) => {
      const address = permanentAddress(HERE, file);
      expect(withoutCapability(address)).toBe(permanentAddress(HERE, { ...file, capability: null }));
      expect(withoutCapability(withoutCapability(address))).toBe(withoutCapability(address));
      expect(fileUrl(HERE, file, file)).toBe(withoutCapability(address));
    }),
  );
});

describe('the file name', () => {
  test.each([
    ['calexp_g_HSC_v1.2.fits', 'calexp_g_HSC_v1.2.fits'],
    ['a #1 100%?.fits', 'a%20%231%20100%25%3F.fits'],
    ['..', 'file'],
    ['', 'file'],
  ])('%j is a segment that clients read as the same name, and is no directory', (fileName, segment) => {
    const url = permanentAddress(HERE, { repository: 'dp1', uuid: UUID, component: null, fileName, capability: null });
    expect(url).toBe(`${HERE}/files/dp1/${UUID}/${segment}`);
    expect(new URL(url).href).toBe(url);
  });
});

describe('what is no permanent address of this gateway', () => {
  test.each([
    ['another host', `https://rsp.example.com/api/satellite/files/dp1/${UUID}/x`],
    ['another scheme', `http://rsp.example.org/api/satellite/files/dp1/${UUID}/x`],
    ['another path before it', `https://rsp.example.org/files/dp1/${UUID}/x`],
    ['credentials in it', `https://me:pw@rsp.example.org/api/satellite/files/dp1/${UUID}/x`],
    ['no UUID', `${HERE}/files/dp1/../../passwd`],
    ['no file name', `${HERE}/files/dp1/${UUID}/`],
    ['a broken encoding', `${HERE}/files/dp1/${UUID}/%zz`],
    ['a path of this machine', `/files/dp1/${UUID}/x`],
  ])('%s', (_what, address) => {
    expect(parsePermanentAddress(address, [HERE])).toBeNull();
  });
});

test('is known however its host and port are spelt', () => {
  const url = `HTTPS://RSP.example.org:443/api/satellite/files/dp1/${UUID.toUpperCase()}/x.fits?component=mask`;
  expect(parsePermanentAddress(url, [HERE])).toEqual({
    repository: 'dp1',
    uuid: UUID,
    component: 'mask',
    fileName: 'x.fits',
    capability: null,
  });
});
