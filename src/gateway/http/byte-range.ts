/** Range requests and conditions of RFC 9110, for files whose size and entity tag are known. */
import type { ByteRange } from '../../repository/rows.ts';

/**
 * What a `Range` header asks of a file.
 * @returns null for all of it (no header, units or several ranges that we do not serve), undefined where no byte is in it
 */
export function requestedRange(header: string | undefined, size: number): ByteRange | null | undefined {
  const match = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const [first, last] = [match[1]!, match[2]!];
  if (first === '')
    return Number(last) === 0 || size === 0 ? undefined : { start: Math.max(0, size - Number(last)), end: size - 1 };
  const start = Number(first);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? undefined : { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** Whether an `If-None-Match` header names the tag: the client has these bytes. */
export function alreadyHas(header: string | undefined, tag: string): boolean {
  return names(header?.replaceAll(/(^|,\s*)W\//g, '$1'), tag);
}

/** Whether an `If-Match` header names the tag, which must be a strong one there, or says that any will do. */
export function names(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((one) => one.trim() === tag);
}
