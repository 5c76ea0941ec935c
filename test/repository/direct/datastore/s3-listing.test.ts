/** Pages of listings as S3 servers write them. */
import { expect, test } from 'vitest';
import { parseListing } from '../../../../src/repository/direct/datastore/s3-listing.ts';

const page = (inside: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListBucketResult>`;
const modified = new Date('2026-01-01T00:00:00Z');
const object = (key: string, size: string) =>
  `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>${size}</Size></Contents>`;

test('objects are told with their sizes and when they were written, and with which token the listing goes on', () => {
  const text = page(
    `<IsTruncated>true</IsTruncated>${object('a/b c', '12')}${object('', '0')}<NextContinuationToken>x&amp;y</NextContinuationToken>`,
  );
  const objects = [
    { key: 'a/b c', size: 12, modified },
    { key: '', size: 0, modified },
  ];
  expect(parseListing(text)).toEqual({ objects, next: 'x&y' });
  expect(parseListing(page('<IsTruncated>false</IsTruncated>'))).toEqual({ objects: [], next: undefined });
});

test('names have the characters that XML writes otherwise', () => {
  const text = page(
    object('&lt;a&gt; &#39;b&#x27; &quot;c&quot; &apos;d&apos; &amp;amp; &#x1F52D;', '1') +
      '<IsTruncated>false</IsTruncated>',
  );
  expect(parseListing(text)?.objects).toEqual([{ key: `<a> 'b' "c" 'd' &amp; 🔭`, size: 1, modified }]);
});

test('what is cut off, or is no listing, is not taken for a shorter one', () => {
  const whole = page(`${object('a', '1')}${object('b', '2')}<IsTruncated>false</IsTruncated>`);
  for (let length = 0; length < whole.length; length += 1) expect(parseListing(whole.slice(0, length))).toBeNull();
  expect(parseListing(page(object('a', '1')))).toBeNull();
  expect(parseListing(page('<IsTruncated>true</IsTruncated>'))).toBeNull();
  expect(parseListing(page('<Contents><Key>a</Key></Contents><IsTruncated>false</IsTruncated>'))).toBeNull();
  expect(parseListing(page('<Contents><Size>1</Size></Contents><IsTruncated>false</IsTruncated>'))).toBeNull();
});
