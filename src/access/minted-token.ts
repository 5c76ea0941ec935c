/**
 * Tokens that the gateway mints for workers that ask it on a user's behalf: short-lived, for one satellite and a few
 * operations.  Their right is those operations within what the user may do at that moment: who is in which group is looked up
 * at each use, and what the user may not do any more, the token may not either.
 */
import { createPrivateKey, createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import { jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { z } from 'zod';
import { SatelliteError } from '../butler/errors.ts';
import type { GatewaySecret } from '../state/secret.ts';
import type { Memberships } from './memberships.ts';
import { OPERATIONS, type Principal, type TokenLimits } from './principal.ts';
import type { Revocations } from './revocations.ts';
import { refused } from './token-form.ts';
import { explained, usernameOf } from './token-verifier.ts';

/** Issuer and audience of minted tokens: which gateway it is, its key says. */
export const GATEWAY_ISSUER = 'urn:satellite:gateway';

/** Longest life of a minted token, in seconds: a worker renews it. */
const LONGEST_MINTED_SECONDS = 900;

/** Keeps them apart from everything else that is signed. */
const TYPE = 'satellite+jwt';

/** DER of an Ed25519 private key (RFC 8410), up to its 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const limits = z.object({
  satellite: z.string().min(1),
  ops: z.array(z.enum(OPERATIONS)).min(1),
  job: z.string().nullable(),
  reads: z.array(z.string()).optional(),
  acl_rev: z.int(),
});

export interface MintedTokenRequest extends TokenLimits {
  readonly username: string;
  /** At most `LONGEST_MINTED_SECONDS`. */
  readonly seconds: number;
}

export interface MintedTokensOptions {
  readonly secret: Pick<GatewaySecret, 'derive'>;
  /** Says which groups a user has now. */
  readonly memberships: Pick<Memberships, 'of'>;
  readonly revocations?: Pick<Revocations, 'isRevoked'> | undefined;
  /** Scopes that such a token stands for: its operations are its limit. */
  readonly scopes: readonly string[];
  /** The token of the user for whom a job works: what it asks, it asks as they would. @default none is passed on */
  readonly tokenOf?: (job: string, username: string) => Promise<string | undefined>;
}

export class MintedTokens {
  readonly #options: MintedTokensOptions;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;

  /** With the key of a gateway: all its replicas have the same one. */
  constructor(options: MintedTokensOptions) {
    this.#options = options;
    const der = Buffer.concat([PKCS8_PREFIX, options.secret.derive('minted-token')]);
    this.#privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    this.#publicKey = createPublicKey(this.#privateKey);
  }

  /** @throws SatelliteError BAD_USER_INPUT for a life that is too long */
  async mint({
    username,
    satellite,
    operations,
    job,
    reads,
    aclRevision,
    seconds,
  }: MintedTokenRequest): Promise<string> {
    if (!(seconds > 0 && seconds <= LONGEST_MINTED_SECONDS)) {
      throw new SatelliteError(
        'BAD_USER_INPUT',
        `A minted token is good for ${LONGEST_MINTED_SECONDS} seconds at most: take less, and renew it.`,
      );
    }
    return new SignJWT({ satellite, ops: operations, job, reads, acl_rev: aclRevision })
      .setProtectedHeader({ alg: 'EdDSA', typ: TYPE })
      .setIssuer(GATEWAY_ISSUER)
      .setAudience(GATEWAY_ISSUER)
      .setSubject(username)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .sign(this.#privateKey);
  }

  /**
   * The principal of a minted token, with the groups that its user has now.
   * @throws SatelliteError UNAUTHENTICATED
   */
  async verify(token: string): Promise<Principal> {
    const claims = await this.#verifyClaims(token);
    const username = usernameOf(claims);
    const parsed = limits.safeParse(claims);
    if (!parsed.success) throw refused('it does not say what it is good for');
    const { memberships, revocations, scopes, tokenOf } = this.#options;
    if (await revocations?.isRevoked(username, claims)) throw refused('it has been revoked');
    const identity = await memberships.of(username);
    if (!identity) throw refused('its user has no account any more');
    const { satellite, ops: operations, job, reads, acl_rev: aclRevision } = parsed.data;
    return {
      ...identity,
      scopes,
      quota: null,
      kind: 'minted',
      token: job === null ? undefined : await tokenOf?.(job, username),
      source: GATEWAY_ISSUER,
      expiresAt: claims.exp! * 1000,
      limits: { satellite, operations, job, ...(reads && { reads }), aclRevision },
    };
  }

  async #verifyClaims(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        issuer: GATEWAY_ISSUER,
        audience: GATEWAY_ISSUER,
        algorithms: ['EdDSA'],
        typ: TYPE,
        requiredClaims: ['exp', 'sub', 'jti'],
        // Whatever its `exp` says.
        maxTokenAge: LONGEST_MINTED_SECONDS,
      });
      return payload;
    } catch (error) {
      throw explained(error);
    }
  }
}
