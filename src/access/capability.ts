/**
 * Capabilities in permanent addresses (design section 5): for a satellite that asks for them, the address of a reference
 * holds a keyed MAC in place of a token.  One opens one dataset for whoever has it, as its satellite's owner would, until
 * the owner loses the right, the satellite goes, or the key version is rotated.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { GatewaySecret } from '../state/secret.ts';

/** What a capability is bound to. */
export interface CapabilityGrant {
  /** The satellite that holds the reference: its identifier, which is never used again. */
  readonly satelliteId: string;
  /** Version of the satellite's key; rotating adds one. */
  readonly version: number;
  /** The repository that is read, by its name in addresses. */
  readonly repository: string;
  readonly uuid: string;
}

/** Of SHA-256, in base64url. */
const MAC_LENGTH = 43;

/** Makes and checks capabilities with one gateway's key. */
export class Capabilities {
  readonly #key: Uint8Array;

  /** With the key of a gateway: all its replicas, and commands beside it, have the same one. */
  static of(secret: Pick<GatewaySecret, 'derive'>): Capabilities {
    return new Capabilities(secret.derive('capability'));
  }

  /** @param key 32 bytes that nobody else has */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The capability's text, which needs no encoding in an address. */
  mint(grant: CapabilityGrant): string {
    return `${grant.satelliteId}.${grant.version}.${this.#mac(grant).toString('base64url')}`;
  }

  /**
   * What a capability was made for; null where it was not made by this gateway for this file.  The caller still checks that
   * the version is the satellite's present one and that the owner may read the dataset now.
   */
  verify(
    capability: string,
    { repository, uuid }: Pick<CapabilityGrant, 'repository' | 'uuid'>,
  ): CapabilityGrant | null {
    const match = /^([a-zA-Z0-9_-]+)\.(\d{1,9})\.([a-zA-Z0-9_-]+)$/.exec(capability);
    if (match?.[3]?.length !== MAC_LENGTH) return null;
    const grant = { satelliteId: match[1]!, version: Number(match[2]), repository, uuid };
    const given = Buffer.from(match[3], 'base64url');
    return timingSafeEqual(given, this.#mac(grant)) && this.mint(grant) === capability ? grant : null;
  }

  #mac({ satelliteId, version, repository, uuid }: CapabilityGrant): Buffer {
    const message = JSON.stringify(['satellite capability 1', satelliteId, version, repository, uuid]);
    return createHmac('sha256', this.#key).update(message).digest();
  }
}
