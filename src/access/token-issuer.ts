/** A party whose signed tokens (JWT) the gateway believes: what it is called, and where its public keys are. */
import { readFile, stat } from 'node:fs/promises';
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

export interface TokenIssuer {
  /** Exact value of the `iss` claim. */
  readonly issuer: string;
  /** Value that the `aud` claim must be or hold. */
  readonly audience: string;
  /** A file's path or an https address of the JSON Web Key Set. */
  readonly jwks: string;
  /** Claim with the user's groups: an array of names or of `{name, …}`. */
  readonly groupsClaim: string;
  /** Claim with the token's scopes: a space-separated string or an array. */
  readonly scopeClaim: string;
  /** Scopes of tokens without that claim. */
  readonly scopes: readonly string[];
}

/** How long a key set that lacks a token's key is not asked again, so that forged key names cannot flood its server. */
const COOLDOWN_MS = 30_000;
const TIMEOUT_MS = 5_000;

/** The keys of an issuer, for `jwtVerify`.  Only the issuer's own set counts: `jku`, `x5u` and `jwk` headers are ignored. */
export function keysOf(issuer: TokenIssuer): JWTVerifyGetKey {
  if (/^https?:/.test(issuer.jwks)) {
    return createRemoteJWKSet(new URL(issuer.jwks), { cooldownDuration: COOLDOWN_MS, timeoutDuration: TIMEOUT_MS });
  }
  return keysInFile(issuer.jwks);
}

/** Keys in a local file, read again when the file changes, so that keys can be rotated without a restart. */
function keysInFile(path: string): JWTVerifyGetKey {
  let modified: number | undefined;
  let keys: ReturnType<typeof createLocalJWKSet>;
  return async (header, token) => {
    const { mtimeMs } = await stat(path);
    if (mtimeMs !== modified) {
      keys = createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
      modified = mtimeMs;
    }
    return keys(header, token);
  };
}
