/** A party whose signed tokens (JWT) the gateway believes: what it is called, what it may say, and where its public keys are. */
import { readFile, stat } from 'node:fs/promises';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import type { IntrospectionSettings } from './introspection.ts';

/** Signatures by a private key only: with a shared secret, whoever can check a token can forge one. */
export const ALGORITHMS = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
] as const;

export interface TokenIssuer {
  /** Exact value of the `iss` claim. */
  readonly issuer: string;
  /** Value that the `aud` claim must be or hold. */
  readonly audience: string;
  /** A file's path or an https address of the JSON Web Key Set. */
  readonly jwks: string;
  /** Signature algorithms that its tokens may have. */
  readonly algorithms: readonly (typeof ALGORITHMS)[number][];
  /** Values of the header `typ` that its tokens may have; with `JWT` among them, it may be missing. */
  readonly types: readonly string[];
  /** Seconds that its clock may differ from ours. */
  readonly clockToleranceSeconds: number;
  /** Seconds since `iat` that its tokens are good at most, whatever their `exp`; undefined: until that. */
  readonly maxAgeSeconds?: number | undefined;
  /** Claim with the user's groups: an array of names or of `{name, id}`. */
  readonly groupsClaim: string;
  /** Where groups come from: that claim, or Gafaelfawr, which must know the user then. */
  readonly groupsFrom: 'claim' | 'gafaelfawr';
  /** Claim with the token's scopes: a space-separated string or an array. */
  readonly scopeClaim: string;
  /** Scopes of tokens without that claim. */
  readonly scopes: readonly string[];
  /** Whether it is our own, for development: who is in which group is in a file of its own then (`development-issuer.ts`). */
  readonly development?: boolean | undefined;
  /** Where to ask whether a token has been revoked; undefined: nowhere. */
  readonly introspection?: IntrospectionSettings | undefined;
}

/**
 * How long a key set that lacks a token's key, or a server that failed to give it, is not asked again: forged key names
 * cannot flood it.
 */
const COOLDOWN_MS = 30_000;
/** Age at which keys are fetched anew, and are no longer believed. */
const MAX_AGE_MS = 600_000;
const TIMEOUT_MS = 5_000;

/** The keys of an issuer, for `jwtVerify`.  Only the issuer's own set counts: `jku`, `x5u`, `jwk` and `x5c` headers are ignored. */
export function keysOf({ jwks }: Pick<TokenIssuer, 'jwks'>): JWTVerifyGetKey {
  if (!/^https?:/.test(jwks)) return keysInFile(jwks);
  return createRemoteJWKSet(new URL(jwks), {
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: MAX_AGE_MS,
    timeoutDuration: TIMEOUT_MS,
    [customFetch]: leftInPeace(fetch),
  });
}

/** jose's cool-down begins with keys that were got; this one begins with a failure, too. */
function leftInPeace(ask: FetchImplementation): FetchImplementation {
  let failure: { readonly at: number; readonly error: unknown } | undefined;
  return async (...request) => {
    if (failure && Date.now() - failure.at < COOLDOWN_MS) throw failure.error;
    const at = Date.now();
    try {
      const answer = await ask(...request);
      failure = answer.status === 200 ? undefined : { at, error: new Error(`status ${answer.status}`) };
      return answer;
    } catch (error) {
      failure = { at, error };
      throw error;
    }
  };
}

/** Keys in a local file, read again when the file changes, so that keys can be rotated without a restart. */
function keysInFile(path: string): JWTVerifyGetKey {
  let version: string | undefined;
  let keys: ReturnType<typeof createLocalJWKSet>;
  return async (header, token) => {
    const { mtimeMs, size, ino } = await stat(path);
    const found = `${ino} ${mtimeMs} ${size}`;
    if (found !== version) {
      keys = createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
      version = found;
    }
    return keys(header, token);
  };
}
