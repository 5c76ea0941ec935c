/** The gateway's secret: made when the state is, and shared by all replicas on it.  Keys are derived from it by purpose. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import sql from 'sql-template-tag';
import type { WriteableDatabase } from '../repository/direct/database.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class GatewaySecret {
  readonly #secret: Buffer;

  /** @param secret 32 random bytes, or any text with as much entropy */
  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** A key of 32 bytes that is the same for one purpose, such as `capability`, and tells nothing of any other. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, '', purpose, 32));
  }

  /**
   * Encrypts a small text (AES-256-GCM).
   * @param purpose what it is and whose, such as `job-token:{id}`: nothing that was sealed for another is taken for it
   */
  seal(purpose: string, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.derive(purpose), nonce);
    const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat(sealed).toString('base64url');
  }

  /** The text again; undefined where it was not sealed by this secret for this purpose. */
  unseal(purpose: string, sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv(ALGORITHM, this.derive(purpose), bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }
}

/** The secret that the state holds; the first gateway on it makes it. */
export async function readSecret(database: WriteableDatabase, signal: AbortSignal): Promise<GatewaySecret> {
  const table = database.table('gateway_secret');
  return database.transaction(async (transaction) => {
    const fresh = randomBytes(32).toString('base64url');
    await transaction.run(sql`INSERT INTO ${table} (id, value) VALUES (1, ${fresh}) ON CONFLICT (id) DO NOTHING`);
    const [row] = await transaction.all(sql`SELECT value FROM ${table}`);
    return new GatewaySecret(Buffer.from(String(row![0]), 'base64url'));
  }, signal);
}
