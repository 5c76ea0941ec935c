/**
 * A token issuer of one's own, for demonstrations and tests: an Ed25519 key pair beside the configuration.  Whoever can
 * read the private key can be anybody, so an issuer must be marked `development: true` to have one.  It knows of each user which
 * groups they were given last, so that a token that lives for days need not be renewed for the groups that it states.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';
import { z } from 'zod';
import { SatelliteError } from '../butler/errors.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** An issuer, as far as making its tokens needs it. */
export type MintingIssuer = Pick<TokenIssuer, 'issuer' | 'audience' | 'jwks' | 'groupsClaim' | 'scopeClaim'>;

export interface TokenClaims {
  readonly username: string;
  readonly groups: readonly string[];
  /** Absent: the token says nothing of scopes. */
  readonly scopes?: readonly string[];
  /** A span such as `8h` or `30 days`. */
  readonly expires: string;
}

/** Makes the issuer's key pair where there is none yet: the key set at `jwks`, the private key beside it (mode 0600). */
export async function prepareDevelopmentKeys(issuer: MintingIssuer): Promise<void> {
  const { privateKey } = await generateKeyPair('Ed25519', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const text = JSON.stringify({ ...jwk, kid, alg: 'EdDSA' });
  await writeFile(privateKeyPath(issuer), text, { flag: 'wx', mode: 0o600 }).catch(unlessThere);
  const { d: _secret, ...publicKey } = await readPrivateKey(issuer);
  await writeFile(issuer.jwks, JSON.stringify({ keys: [publicKey] }), { flag: 'wx' }).catch(unlessThere);
}

/** A signed token of the issuer, whose groups are the user's from now on. @throws SatelliteError BAD_USER_INPUT where the span is not one */
export async function mintToken(issuer: MintingIssuer, claims: TokenClaims): Promise<string> {
  await prepareDevelopmentKeys(issuer);
  const jwk = await readPrivateKey(issuer);
  const scope = claims.scopes && { [issuer.scopeClaim]: claims.scopes.join(' ') };
  const token = new SignJWT({ [issuer.groupsClaim]: claims.groups, ...scope })
    .setProtectedHeader({ alg: 'EdDSA', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
    .setIssuer(issuer.issuer)
    .setAudience(issuer.audience)
    .setSubject(claims.username)
    .setIssuedAt();
  try {
    token.setExpirationTime(claims.expires);
  } catch {
    throw new SatelliteError('BAD_USER_INPUT', `"${claims.expires}" is not a span of time, such as "8h" or "30 days".`);
  }
  await writeGroups(issuer, claims);
  return token.sign(await importJWK(jwk, 'EdDSA'));
}

/** The groups of the token that was minted last for a user; none where there is no such token. */
export async function developmentGroups(
  issuer: Pick<TokenIssuer, 'jwks'>,
  username: string,
): Promise<readonly string[]> {
  try {
    return z.array(z.string()).parse(JSON.parse(await readFile(groupsPath(issuer, username), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function writeGroups(
  issuer: Pick<TokenIssuer, 'jwks'>,
  { username, groups }: Pick<TokenClaims, 'username' | 'groups'>,
): Promise<void> {
  const path = groupsPath(issuer, username);
  await mkdir(dirname(path), { recursive: true });
  // Gateways read it at any moment.
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(groups));
  await rename(draft, path);
}

/** A user's file in the directory that lies beside the keys. @param username as `USERNAME` has it */
function groupsPath(issuer: Pick<TokenIssuer, 'jwks'>, username: string): string {
  return join(issuer.jwks.replace(/(\.json)?$/, '.groups'), `${username}.json`);
}

function privateKeyPath(issuer: Pick<TokenIssuer, 'jwks'>): string {
  return issuer.jwks.replace(/(\.json)?$/, '.private.json');
}

async function readPrivateKey(issuer: Pick<TokenIssuer, 'jwks'>): Promise<JWK> {
  return JSON.parse(await readFile(privateKeyPath(issuer), 'utf8')) as JWK;
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
