/** The form of a signed token (JWT in compact serialization), checked before any of it is believed. */
import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from 'jose';
import { SatelliteError } from '../butler/errors.ts';

/** As much as a header of HTTP can hold: more comes only by WebSocket. */
const LONGEST_TOKEN = 16_384;

/** What a token says of itself. */
export interface UnverifiedToken {
  readonly header: ProtectedHeaderParameters;
  readonly claims: JWTPayload;
}

/**
 * Takes a token apart, without having checked its signature.
 * @throws SatelliteError UNAUTHENTICATED where it is none, too long, or says a thing twice, so that two readers could read
 *   two different things
 */
export function takeApart(token: string): UnverifiedToken {
  if (token.length > LONGEST_TOKEN) throw refused(`it is longer than ${LONGEST_TOKEN} characters`);
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw refused('it is not a signed token (JWT)');
  let parts: UnverifiedToken;
  try {
    parts = { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    throw refused('it is not a signed token (JWT)');
  }
  const [header = '', claims = ''] = token.split('.');
  if (saysTwice(header, parts.header) || saysTwice(claims, parts.claims)) throw refused('it says something twice');
  return parts;
}

/** What to tell of a token that did not pass: no more than its owner knows. */
export function refused(reason: string): SatelliteError {
  return new SatelliteError('UNAUTHENTICATED', `Your token was refused: ${reason}.`);
}

/** Whether a JSON text has more keys than the value that was read from it.  A string before a colon is always a key. */
function saysTwice(encoded: string, value: unknown): boolean {
  const text = Buffer.from(encoded, 'base64url').toString();
  const keys = text
    .matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)
    .reduce((n, [, colon]) => n + (colon === undefined ? 0 : 1), 0);
  return keys !== countKeys(value);
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const values: unknown[] = Object.values(value);
  return (Array.isArray(value) ? 0 : values.length) + values.reduce((n: number, inner) => n + countKeys(inner), 0);
}
