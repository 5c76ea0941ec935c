/** Values that are written in expressions and binds. */
import { InvalidQueryError } from '../errors.ts';
import { parseTimeLiteral } from '../time/literal.ts';

const MAX_INT64 = 2n ** 63n - 1n;

/** An integer as text, of 64 bits, which is what every database holds.  @throws InvalidQueryError beyond them. */
export function literalInteger(text: string): bigint {
  const value = text.length > 64 ? undefined : BigInt(text.replace('+', ''));
  if (value === undefined || value > MAX_INT64 || value < -MAX_INT64 - 1n) {
    throw new InvalidQueryError(`Integer ${text.slice(0, 64)} is out of range: integers have 64 bits.`);
  }
  return value;
}

/** A float as text.  @throws InvalidQueryError where it is too large to be finite. */
export function literalFloat(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new InvalidQueryError(`Number ${text.slice(0, 64)} is out of range.`);
  return value;
}

/**
 * A UUID in canonical form, lower case with dashes.  Upper case, braces, `urn:uuid:` and missing dashes are accepted.
 * @throws InvalidQueryError
 */
export function literalUuid(text: string): string {
  const hex = text
    .replaceAll(/urn:|uuid:|-/g, '')
    .replaceAll(/^[{}]+|[{}]+$/g, '')
    .toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(hex)) throw new InvalidQueryError(`'${text.slice(0, 64)}' is not a UUID.`);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * The instant of a time literal's body, in ns TAI.
 * @param warn is told where the time was clipped to what the registry can hold
 * @throws InvalidQueryError
 */
export function literalTime(body: string, warn: (warning: string) => void): bigint {
  const { nsec, clipped } = parseTimeLiteral(body);
  if (clipped) warn(`Time '${body}' is outside 1970-01-01 to 2100-01-01 TAI and was clipped to it.`);
  return nsec;
}
