/**
 * From a bearer token to a principal (design section 6).  A token names its issuer; only that issuer's keys, audience and
 * allowed algorithms count, and nothing in the token's header can point to other keys.
 */
import { decodeJwt, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { SatelliteError } from '../butler/errors.ts';
import type { Principal } from './principal.ts';
import { keysOf, type TokenIssuer } from './token-issuer.ts';

/** Signatures by a private key only: with a shared secret, whoever can check a token can forge one. */
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const CLOCK_TOLERANCE_SECONDS = 30;
const USERNAME = /^[a-z0-9._-]+$/;

export class TokenVerifier {
  readonly #issuers: ReadonlyMap<string, { readonly issuer: TokenIssuer; readonly keys: JWTVerifyGetKey }>;

  constructor(issuers: readonly TokenIssuer[]) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.issuer, { issuer, keys: keysOf(issuer) }]));
  }

  /**
   * The principal of an `Authorization` header.
   * @throws SatelliteError UNAUTHENTICATED, or UPSTREAM_UNAVAILABLE where the issuer's keys cannot be had
   */
  async authenticate(authorization: string | undefined): Promise<Principal> {
    const token = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new SatelliteError(
        'UNAUTHENTICATED',
        'Sign in: send your token in the header "Authorization: Bearer TOKEN".',
      );
    }
    const found = this.#issuers.get(issuerClaim(token));
    if (!found) throw refused('it comes from no issuer that this gateway knows');
    const claims = await this.#verify(token, found.issuer, found.keys);
    const username = claims.sub ?? '';
    if (!USERNAME.test(username)) {
      throw refused('its subject is not a user name (small letters, digits, ".", "_" and "-")');
    }
    return {
      username,
      groups: groupNames(claims[found.issuer.groupsClaim]),
      scopes: scopeNames(claims[found.issuer.scopeClaim]) ?? found.issuer.scopes,
      quota: quotaOf(claims['quota']),
      token,
      // Required, and checked.
      expiresAt: claims.exp! * 1000,
      source: found.issuer.issuer,
    };
  }

  /** The issuer of a token that is good now. @throws SatelliteError as `authenticate` does */
  async issuerOf(token: string): Promise<string> {
    await this.authenticate(`Bearer ${token}`);
    return issuerClaim(token);
  }

  async #verify(token: string, issuer: TokenIssuer, keys: JWTVerifyGetKey): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: issuer.issuer,
        audience: issuer.audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      });
      return payload;
    } catch (error) {
      throw explained(error);
    }
  }
}

function issuerClaim(token: string): string {
  try {
    return String(decodeJwt(token).iss);
  } catch {
    throw refused('it is not a signed token (JWT)');
  }
}

/** What to tell of a token that did not pass.  Says no more than its owner knows. */
function explained(error: unknown): SatelliteError {
  if (error instanceof errors.JWTExpired) return refused('it has expired; get a new one');
  if (error instanceof errors.JWTClaimValidationFailed) return refused(`its claim "${error.claim}" does not hold here`);
  if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
    return new SatelliteError(
      'UPSTREAM_UNAVAILABLE',
      "The keys of your token's issuer cannot be had; try again soon.",
      {
        cause: error,
      },
    );
  }
  return refused('its signature does not hold');
}

function refused(reason: string): SatelliteError {
  return new SatelliteError('UNAUTHENTICATED', `Your token was refused: ${reason}.`);
}

function groupNames(claim: unknown): string[] {
  if (!Array.isArray(claim)) return [];
  return claim.flatMap((group: unknown) => {
    const name = typeof group === 'object' && group !== null && 'name' in group ? group.name : group;
    return typeof name === 'string' ? [name] : [];
  });
}

function scopeNames(claim: unknown): string[] | undefined {
  if (typeof claim === 'string') return claim.split(' ').filter((scope) => scope !== '');
  if (Array.isArray(claim)) return claim.filter((scope) => typeof scope === 'string');
  return undefined;
}

function quotaOf(claim: unknown): Principal['quota'] {
  return typeof claim === 'object' && claim !== null && !Array.isArray(claim) ? { ...claim } : null;
}
