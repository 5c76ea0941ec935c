import { expect, test } from 'vitest';
import { alreadyHas, names, requestedRange } from '../../src/gateway/http/byte-range.ts';

test.each([
  ['bytes=0-9', { start: 0, end: 9 }],
  ['bytes=90-', { start: 90, end: 99 }],
  ['bytes=90-1000', { start: 90, end: 99 }],
  ['bytes=-10', { start: 90, end: 99 }],
  ['bytes=-1000', { start: 0, end: 99 }],
  ['Bytes = 0-9', null],
  ['bytes=5-4', null],
  ['bytes=-', null],
  ['bytes=0-1,5-6', null],
  ['lines=0-9', null],
  [undefined, null],
  ['bytes=100-', undefined],
  ['bytes=-0', undefined],
])('%s of 100 bytes is %j', (header, range) => {
  expect(requestedRange(header, 100)).toEqual(range);
});

test.each(['bytes=0-0', 'bytes=0-', 'bytes=-1'])('%s of an empty file is no byte', (header) => {
  expect(requestedRange(header, 0)).toBeUndefined();
});

test.each([
  ['"a"', true],
  ['"b", W/"a"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
  [undefined, false],
])('a client with %s has what is tagged "a": %s', (header, expected) => {
  expect(alreadyHas(header, '"a"')).toBe(expected);
});

test.each([
  ['"b", "a"', true],
  ['*', true],
  ['W/"a"', false],
  ['"b"', false],
  [undefined, false],
])('If-Match: %s names the tag "a": %s', (header, expected) => {
  expect(names(header, '"a"')).toBe(expected);
});
