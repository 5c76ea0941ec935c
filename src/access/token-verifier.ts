/**
 * From a signed token (JWT) to a principal.  A token names its issuer; only that issuer's keys, audience
 * and allowed algorithms count, and nothing in the token's header can point to other keys.
 */
import { createHash } from 'node:crypto';
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';
import { LRUCache } from 'lru-cache';
import { SatelliteError } from '../butler/errors.ts';
import { developmentGroups } from './development-issuer.ts';
import { FirstSights } from './first-sights.ts';
import type { Gafaelfawr } from './gafaelfawr.ts';
import { STATED_GROUPS_SECONDS } from './group-age.ts';
import { Introspection } from './introspection.ts';
import { USERNAME, type Identity, type Principal } from './principal.ts';
import type { Revocations } from './revocations.ts';
import { refused, takeApart, type UnverifiedToken } from './token-form.ts';
import { keysOf, type TokenIssuer } from './token-issuer.ts';

interface KnownIssuer {
  readonly issuer: TokenIssuer;
  readonly keys: JWTVerifyGetKey;
  readonly introspection: Introspection | undefined;
}

export interface TokenVerifierOptions {
  readonly issuers: readonly TokenIssuer[];
  /** For issuers with `groupsFrom: gafaelfawr`. */
  readonly gafaelfawr?: Pick<Gafaelfawr, 'user'> | undefined;
  /** Tokens that an operator has revoked here. */
  readonly revocations?: Pick<Revocations, 'isRevoked'> | undefined;
  /** @default remembered by the verifier only */
  readonly firstSights?: Pick<FirstSights, 'of'> | undefined;
}

/** What is known of a user beside the name. */
type Known = Identity & Pick<Principal, 'quota' | 'groupsUntil'>;

/**
 * How long a signature that holds is not checked again while its issuer has the key, nor the claims that do not change:
 * clients send their token with each of a hundred requests a second.
 */
const CHECKED_MS = 10_000;
const MAX_CHECKED = 1000;

interface CheckedClaims {
  readonly claims: JWTPayload;
  /** Unix milliseconds; not after the token's end. */
  readonly until: number;
  /** What holds the signature, and by what it was found. */
  readonly key: Awaited<ReturnType<JWTVerifyGetKey>>;
  readonly lookup: Parameters<JWTVerifyGetKey>;
}

export class TokenVerifier {
  /** By SHA-256 of the token. */
  readonly #checked = new LRUCache<string, CheckedClaims>({ max: MAX_CHECKED });
  readonly #issuers: ReadonlyMap<string, KnownIssuer>;
  readonly #options: TokenVerifierOptions;
  readonly #firstSights: Pick<FirstSights, 'of'>;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
    this.#firstSights = options.firstSights ?? new FirstSights();
    this.#issuers = new Map(
      options.issuers.map((issuer) => {
        const introspection = issuer.introspection && new Introspection(issuer.introspection);
        return [issuer.issuer, { issuer, keys: keysOf(issuer), introspection }];
      }),
    );
  }

  /**
   * The principal of a token.
   * @param unverified the token, taken apart
   * @throws SatelliteError UNAUTHENTICATED, or UPSTREAM_UNAVAILABLE where an authority that must be asked cannot answer
   */
  async verify(token: string, unverified = takeApart(token)): Promise<Principal> {
    const found = this.#issuers.get(String(unverified.claims.iss));
    if (!found) throw refused('it comes from no issuer that this gateway knows');
    const { issuer, introspection } = found;
    const claims = await this.#claimsOf(token, unverified, found);
    const username = usernameOf(claims);
    if (await this.#options.revocations?.isRevoked(username, claims))
      throw refused('it has been revoked; get a new one');
    if (introspection && !(await introspection.isActive(token))) throw refused('it has been revoked; get a new one');
    const { quota, ...identity } =
      issuer.groupsFrom === 'claim'
        ? await this.#asStated(token, username, claims, issuer)
        : await this.#asGafaelfawrKnows(username);
    return {
      ...identity,
      scopes: scopeNames(claims[issuer.scopeClaim]) ?? issuer.scopes,
      quota,
      kind: 'jwt',
      token,
      source: issuer.issuer,
      expiresAt: endOf(claims),
    };
  }

  async #claimsOf(token: string, unverified: UnverifiedToken, known: KnownIssuer): Promise<JWTPayload> {
    const digest = createHash('sha256').update(token).digest('base64url');
    const checked = this.#checked.get(digest);
    if (checked && Date.now() < checked.until && (await isStillKey(checked, known))) return checked.claims;
    let signedBy: Pick<CheckedClaims, 'key' | 'lookup'> | undefined;
    const keys: JWTVerifyGetKey = async (...lookup) => {
      const key = await known.keys(...lookup);
      signedBy = { key, lookup };
      return key;
    };
    const claims = await verifyClaims(token, unverified, { ...known, keys });
    const { maxAgeSeconds } = known.issuer;
    const oldest = maxAgeSeconds === undefined ? Infinity : (claims.iat! + maxAgeSeconds) * 1000;
    const until = Math.min(Date.now() + CHECKED_MS, endOf(claims), oldest);
    if (signedBy) this.#checked.set(digest, { claims, until, ...signedBy });
    return claims;
  }

  /** With the groups that the token states, as long as they count. */
  async #asStated(token: string, username: string, claims: JWTPayload, issuer: TokenIssuer): Promise<Known> {
    const quota = quotaOf(claims['quota']);
    const stated = groupsIn(claims[issuer.groupsClaim]);
    if (stated.groups.length === 0) return { username, ...stated, quota };
    const issuedAt = claims.iat === undefined ? await this.#firstSights.of(token, endOf(claims)) : claims.iat * 1000;
    const counts = STATED_GROUPS_SECONDS * 1000;
    if (Date.now() < issuedAt + counts) return { username, ...stated, quota, groupsUntil: issuedAt + counts };
    if (!issuer.development) return { username, groups: [], quota, groupsAreOutdated: true };
    return { username, groups: await developmentGroups(issuer, username), quota, groupsUntil: Date.now() + counts };
  }

  async #asGafaelfawrKnows(username: string): Promise<Known> {
    const user = await this.#options.gafaelfawr!.user(username);
    if (!user) throw refused('its user has no account any more');
    return user;
  }
}

/** Whether the issuer's keys are still those by which a token was checked. */
async function isStillKey({ key, lookup }: CheckedClaims, { keys }: KnownIssuer): Promise<boolean> {
  try {
    return (await keys(...lookup)) === key;
  } catch {
    // The whole check says why.
    return false;
  }
}

/** When a token ends, Unix milliseconds. */
function endOf({ exp }: JWTPayload): number {
  return Math.min(Math.floor(exp! * 1000), Number.MAX_SAFE_INTEGER / 2);
}

/** Of a token whose signature and times hold. @throws SatelliteError UNAUTHENTICATED, UPSTREAM_UNAVAILABLE */
async function verifyClaims(
  token: string,
  { header }: UnverifiedToken,
  { issuer, keys }: KnownIssuer,
): Promise<JWTPayload> {
  if (!hasType(header.typ, issuer.types)) throw refused('it is of a type that is not for signing in');
  const options: JWTVerifyOptions = {
    issuer: issuer.issuer,
    audience: issuer.audience,
    algorithms: [...issuer.algorithms],
    requiredClaims: ['exp', 'sub'],
    clockTolerance: issuer.clockToleranceSeconds,
    ...(issuer.maxAgeSeconds !== undefined && { maxTokenAge: issuer.maxAgeSeconds }),
  };
  try {
    const payload = await verifiedPayload(token, keys, options);
    if ((payload.iat ?? 0) > Date.now() / 1000 + issuer.clockToleranceSeconds) throw refused('it is from the future');
    return payload;
  } catch (error) {
    throw error instanceof SatelliteError ? error : explained(error);
  }
}

/** A token that names no key is checked by each that it could have been signed with, such as while an issuer changes keys. */
async function verifiedPayload(token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const result = await jwtVerify(token, key, options).catch((reason: unknown) => {
        if (!(reason instanceof errors.JWSSignatureVerificationFailed)) throw reason;
      });
      if (result) return result.payload;
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** The user whom a checked token names. @throws SatelliteError UNAUTHENTICATED */
export function usernameOf({ sub }: JWTPayload): string {
  // What is signed need not be text.
  if (typeof sub === 'string' && USERNAME.test(sub)) return sub;
  throw refused('its subject is not a user name (small letters, digits, ".", "_" and "-")');
}

function hasType(typ: unknown, allowed: readonly string[]): boolean {
  const types = allowed.map((type) => type.toLowerCase());
  if (typ === undefined) return types.includes('jwt');
  return typeof typ === 'string' && types.includes(typ.toLowerCase().replace(/^application\//, ''));
}

/** What to tell of a token that did not pass.  Says no more than its owner knows. */
export function explained(error: unknown): SatelliteError {
  if (error instanceof errors.JWTExpired) return refused('it has expired; get a new one');
  if (error instanceof errors.JWTClaimValidationFailed) return refused(`its claim "${error.claim}" does not hold here`);
  const isTokens =
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    // The error for a key set that could not be had has no class of its own.
    error.code !== 'ERR_JOSE_GENERIC';
  if (isTokens) return refused('its signature does not hold');
  const message = "The keys of your token's issuer cannot be had; try again soon.";
  return new SatelliteError('UPSTREAM_UNAVAILABLE', message, { cause: error });
}

function groupsIn(claim: unknown): Pick<Required<Identity>, 'groups' | 'groupIds'> {
  const groups: string[] = [];
  const groupIds = new Map<string, number>();
  for (const group of Array.isArray(claim) ? (claim as unknown[]) : []) {
    const { name, id } =
      typeof group === 'object' && group !== null ? (group as { name?: unknown; id?: unknown }) : { name: group };
    if (typeof name !== 'string') continue;
    groups.push(name);
    if (Number.isSafeInteger(id)) groupIds.set(name, id as number);
  }
  return { groups, groupIds };
}

function scopeNames(claim: unknown): string[] | undefined {
  if (typeof claim === 'string') return claim.split(' ').filter((scope) => scope !== '');
  if (Array.isArray(claim)) return claim.filter((scope) => typeof scope === 'string');
  return undefined;
}

function quotaOf(claim: unknown): Principal['quota'] {
  return typeof claim === 'object' && claim !== null && !Array.isArray(claim) ? { ...claim } : null;
}
