/**
 * Capabilities in permanent addresses: for a satellite that asks for them, the address of a reference
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

/** Who may read one dataset for `READING_SECONDS`: what a store's signature is, where the gateway itself has the bytes. */
export interface ReadingGrant {
  readonly username: string;
  readonly repository: string;
  readonly uuid: string;
  /** Whole Unix seconds. */
  readonly issued: number;
}

/** As long as addresses that S3 signs for us. */
const READING_SECONDS = 600;

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

  /** The text of a grant that ends by itself, in place of a capability in an address. */
  mintReading(grant: ReadingGrant): string {
    const user = Buffer.from(grant.username).toString('base64url');
    return `for.${user}.${grant.issued}.${this.#readingMac(grant).toString('base64url')}`;
  }

  /**
   * Whose reading it is, and since when; null where it was not made by this gateway for this dataset, or has ended.  The
   * caller still checks that they may read the dataset now, and have not had their tokens revoked since.
   * @param now Unix seconds
   */
  readerOf(
    capability: string,
    { repository, uuid }: Pick<ReadingGrant, 'repository' | 'uuid'>,
    now: number,
  ): ReadingGrant | null {
    const match = /^for\.([a-zA-Z0-9_-]+)\.(\d{1,12})\.([a-zA-Z0-9_-]+)$/.exec(capability);
    if (match?.[3]?.length !== MAC_LENGTH) return null;
    const username = Buffer.from(match[1]!, 'base64url').toString();
    const grant = { username, repository, uuid, issued: Number(match[2]) };
    const given = Buffer.from(match[3], 'base64url');
    const isOurs = timingSafeEqual(given, this.#readingMac(grant)) && this.mintReading(grant) === capability;
    return isOurs && now < grant.issued + READING_SECONDS ? grant : null;
  }

  #readingMac({ username, repository, uuid, issued }: ReadingGrant): Buffer {
    const message = JSON.stringify(['satellite reading 1', username, repository, uuid, issued]);
    return createHmac('sha256', this.#key).update(message).digest();
  }

  #mac({ satelliteId, version, repository, uuid }: CapabilityGrant): Buffer {
    const message = JSON.stringify(['satellite capability 1', satelliteId, version, repository, uuid]);
    return createHmac('sha256', this.#key).update(message).digest();
  }
}
