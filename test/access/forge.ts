/** An issuer with keys of its own, and tokens that its keys, or others, have signed. */
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { ALGORITHMS, type TokenIssuer } from '../../src/access/token-issuer.ts';

/** A key pair for RS256, made once: it takes long. */
export type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

export interface Forgery {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly key?: CryptoKey | Uint8Array;
}

export const GOOD: JWTPayload = { iss: 'https://id.example/', aud: 'gateway', sub: 'alice', exp: 4_102_444_800 };

export class Forge implements AsyncDisposable {
  readonly issuer: TokenIssuer;
  readonly keys: Keys;
  readonly strangers: Keys;
  readonly directory: string;

  private constructor(directory: string, keys: Keys, strangers: Keys) {
    this.directory = directory;
    this.keys = keys;
    this.strangers = strangers;
    this.issuer = {
      issuer: 'https://id.example/',
      audience: 'gateway',
      jwks: join(directory, 'jwks.json'),
      algorithms: ALGORITHMS,
      types: ['JWT', 'at+jwt'],
      clockToleranceSeconds: 30,
      groupsClaim: 'groups',
      groupsFrom: 'claim',
      scopeClaim: 'scope',
      scopes: ['read:image'],
    };
  }

  /** Its key set has one key, `one`. */
  static async open(): Promise<Forge> {
    const directory = await mkdtemp(join(tmpdir(), 'forge-'));
    const pair = () => generateKeyPair('RS256', { extractable: true });
    const forge = new Forge(directory, await pair(), await pair());
    await forge.publish(forge.keys, 'one');
    return forge;
  }

  /** The key set of one key, as an issuer gives it. */
  async keySet({ publicKey }: Keys, kid: string): Promise<string> {
    return JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid }] });
  }

  async publish(keys: Keys, kid: string): Promise<void> {
    await writeFile(this.issuer.jwks, await this.keySet(keys, kid));
  }

  /** A token; a claim that is undefined is left out. */
  token({ claims = {}, header = {}, key = this.keys.privateKey }: Forgery = {}): Promise<string> {
    const payload = Object.entries({ ...GOOD, ...claims }).filter(([, value]) => value !== undefined);
    return new SignJWT(Object.fromEntries(payload))
      .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header })
      .sign(key);
  }

  /** A token with exactly these texts, properly signed, which no library would make. */
  async literal(header: string, claims: string): Promise<string> {
    const signed = [header, claims].map((text) => Buffer.from(text).toString('base64url')).join('.');
    const algorithm = { name: 'RSASSA-PKCS1-v1_5' };
    const signature = await crypto.subtle.sign(algorithm, this.keys.privateKey, Buffer.from(signed));
    return `${signed}.${Buffer.from(signature).toString('base64url')}`;
  }

  /** A token signed with the text of the issuer's public key as if that were a secret. */
  async withPublicKeyAsSecret(): Promise<string> {
    const header = { alg: 'HS256', kid: 'one' };
    const signed = [header, GOOD].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const secret = await exportSPKI(this.keys.publicKey);
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}
