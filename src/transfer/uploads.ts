/** Files that users upload to make datasets of them: asked for, put, then committed. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import sql from 'sql-template-tag';
import { requiredDataId } from '../butler/data-id.ts';
import type { DatasetType } from '../butler/dataset-type.ts';
import type { Memberships } from '../access/memberships.ts';
import { SatelliteError } from '../butler/errors.ts';
import { UnexpectedBytesError } from '../repository/direct/datastore/measured.ts';
import { sameSatellite, type OpenSatellite, type SatelliteDirectory } from '../satellite/satellite.ts';
import type { State, StateTables } from '../state/state.ts';
import type { CheckedFile } from './ingest-check.ts';
import { readFiles, writeFiles, type IngestInput } from './ingest-kind.ts';
import type { IngestStart } from './service.ts';

export const UPLOAD_TABLES: StateTables = {
  domain: 'uploads',
  versions: [
    [
      `CREATE TABLE {upload} (
         id TEXT NOT NULL PRIMARY KEY,
         owner TEXT NOT NULL,
         satellite TEXT NOT NULL,
         dataset_type TEXT NOT NULL,
         run TEXT NOT NULL,
         files TEXT NOT NULL,
         expires_at BIGINT NOT NULL
       )`,
      `CREATE INDEX upload_by_age ON {upload} (expires_at)`,
    ],
    [`ALTER TABLE {upload} ADD COLUMN registered BIGINT NOT NULL DEFAULT 0`],
    [`ALTER TABLE {upload} ADD COLUMN satellite_id TEXT`],
  ],
};

/** How long files may be put and committed, ms. Addresses that a store signs may end sooner. */
const OPEN_MS = 3_600_000;
/** How long after that the files of an upload that was not committed are kept, ms. */
const KEPT_MS = 24 * 3_600_000;

interface StoredUpload {
  readonly owner: string;
  readonly input: IngestInput;
  readonly expiresAt: number;
  /** Whether all its files are datasets. */
  readonly isRegistered: boolean;
}

export interface OldUpload {
  readonly id: string;
  readonly owner: string;
  /** Full name. */
  readonly satellite: string;
  readonly satelliteId: string | null;
  /** Since when it is old, Unix milliseconds. */
  readonly dueAt: number;
}

export class Uploads {
  readonly #state: State;
  readonly #satellites: Pick<SatelliteDirectory, 'forWriting' | 'reserve'>;
  readonly #memberships: Pick<Memberships, 'of'>;
  readonly #publicUrl: () => string;

  constructor(
    state: State,
    satellites: Pick<SatelliteDirectory, 'forWriting' | 'reserve'>,
    memberships: Pick<Memberships, 'of'>,
    publicUrl: () => string,
  ) {
    this.#memberships = memberships;
    this.#state = state;
    this.#satellites = satellites;
    this.#publicUrl = publicUrl;
  }

  /**
   * Sets the bytes aside and says where each file is to be put.
   * @param seed secret; with the same one it is the same upload
   * @throws SatelliteError QUOTA_EXCEEDED
   */
  async open(
    owner: string,
    { id: satelliteId, fullName, artifacts }: OpenSatellite,
    datasetType: DatasetType,
    run: string,
    files: readonly CheckedFile[],
    seed: Buffer = randomBytes(32),
  ): Promise<NonNullable<IngestStart['upload']>> {
    const id = createHmac('sha256', seed).update('upload').digest('base64url');
    const expiresAt = Date.now() + OPEN_MS;
    const bytes = files.reduce((sum, { upload }) => sum + (upload?.size ?? 0), 0);
    const isKnown = (await this.#find(id)) !== undefined;
    // First, so that nothing is set aside that is not given back: by who finds it to be old.
    await this.#change(
      ({ table }) => sql`INSERT INTO ${table} (id, owner, satellite, satellite_id, dataset_type, run, files, expires_at)
        VALUES (${id}, ${owner}, ${fullName}, ${satelliteId}, ${datasetType.name}, ${run}, ${writeFiles(files)}, ${BigInt(expiresAt)})
        ON CONFLICT (id) DO UPDATE SET satellite_id = excluded.satellite_id, expires_at = excluded.expires_at`,
    );
    try {
      await this.#satellites.reserve(fullName, id, bytes);
    } catch (error) {
      // Files of an earlier one may be there, and bytes set aside: they go once it is old.
      if (!isKnown) await this.forget(id);
      throw error;
    }
    const places = await Promise.all(
      files.map(async ({ path, values, upload }, i) => {
        if (!upload) return [];
        const signed = await artifacts.signedUpload(path, upload);
        const { url, headers } = signed ?? { url: `${this.#publicUrl()}/uploads/${id}/${i}`, headers: {} };
        const dataId = requiredDataId(datasetType.dimensions, values);
        return [{ dataId, fileName: upload.fileName, url, headers, expiresAt }];
      }),
    );
    return { id, files: places.flat() };
  }

  /** What the job of an upload is given. @throws SatelliteError NOT_FOUND where there is none (any more) for the owner */
  async committed(id: string, owner: string): Promise<IngestInput> {
    const upload = await this.#find(id);
    if (upload?.owner === owner) return upload.input;
    throw new SatelliteError(
      'NOT_FOUND',
      `There is no upload '${id.slice(0, 60)}' of yours (any more): ask for a new one.`,
    );
  }

  /**
   * Takes the bytes of a file whose store signs no addresses. Whoever has the address may put exactly the promised bytes, as
   * long as whoever asked for it may write to the satellite.
   * @param index place of the file among those asked for
   * @throws SatelliteError NOT_FOUND for what is no address of an upload, or has ended; FORBIDDEN where it can only be read
   *   now; BAD_USER_INPUT where the bytes are not
   *   those promised; CONFLICT as `sameSatellite`
   */
  async receive(id: string, index: number, bytes: Readable, signal: AbortSignal): Promise<void> {
    const upload = await this.#find(id);
    // What is put after the commit would be nobody's, should the dataset have been removed.
    const isOpen = upload && !upload.isRegistered && upload.expiresAt >= Date.now();
    const file = isOpen ? readFiles(upload.input.files)[index] : undefined;
    if (!upload || !file?.upload) {
      throw new SatelliteError(
        'NOT_FOUND',
        'There is no upload at this address (any more): ask for a new one, with a new idempotency key where you give one.',
      );
    }
    const owner = (await this.#memberships.of(upload.owner)) ?? { username: upload.owner, groups: [] };
    const { satellite, satelliteId } = upload.input;
    const { artifacts } = sameSatellite(await this.#satellites.forWriting(satellite, owner), satelliteId);
    const { fileName } = file.upload;
    try {
      await artifacts.write(file.path, bytes, file.upload, signal);
    } catch (error) {
      if (!(error instanceof UnexpectedBytesError)) throw error;
      throw new SatelliteError(
        'BAD_USER_INPUT',
        `The bytes of '${fileName}' are not those that were promised: ${error.what}. Nothing was kept.`,
      );
    }
  }

  async #find(id: string): Promise<StoredUpload | undefined> {
    const table = this.#state.database.table('upload');
    const [row] = await this.#state.database.all(
      sql`SELECT owner, satellite, satellite_id, dataset_type, run, files, expires_at, registered FROM ${table}
        WHERE id = ${id}`,
      AbortSignal.timeout(STATE_MS),
    );
    if (!row) return undefined;
    const [owner, satellite, satelliteId, datasetType, run, files, expiresAt, registered] = row;
    const input = {
      satellite: String(satellite),
      satelliteId: satelliteId as string | null,
      datasetType: String(datasetType),
      run: String(run),
      files: String(files),
      upload: id,
    };
    return { owner: String(owner), input, expiresAt: Number(expiresAt), isRegistered: Number(registered) === 1 };
  }

  /** All files of an upload are datasets now. */
  async registered(id: string): Promise<void> {
    await this.#change(({ table }) => sql`UPDATE ${table} SET registered = 1 WHERE id = ${id}`);
  }

  /** Uploads whose files nobody made datasets of in time; forgets others that are as old. @param now Unix milliseconds */
  async old(now: number): Promise<readonly OldUpload[]> {
    const before = BigInt(now - KEPT_MS);
    await this.#change(({ table }) => sql`DELETE FROM ${table} WHERE registered = 1 AND expires_at < ${before}`);
    const rows = await this.#change(
      ({ table }) =>
        sql`SELECT id, owner, satellite, satellite_id, expires_at FROM ${table} WHERE expires_at < ${before}`,
    );
    return rows.map(([id, owner, satellite, satelliteId, expiresAt]) => ({
      id: String(id),
      owner: String(owner),
      satellite: String(satellite),
      satelliteId: satelliteId as string | null,
      dueAt: Number(expiresAt) + KEPT_MS,
    }));
  }

  /** Where the files of an upload are in its satellite; undefined where it was forgotten. */
  async pathsOf(id: string): Promise<readonly string[] | undefined> {
    const upload = await this.#find(id);
    return upload && readFiles(upload.input.files).flatMap((file) => (file.upload ? file.path : []));
  }

  /** Nothing can be put or committed any more. */
  async forget(id: string): Promise<void> {
    await this.#change(({ table }) => sql`DELETE FROM ${table} WHERE id = ${id}`);
  }

  async #change(statement: (names: { readonly table: Statement }) => Statement) {
    const { database } = this.#state;
    return database.transaction(
      (transaction) => transaction.all(statement({ table: transaction.table('upload') })),
      AbortSignal.timeout(STATE_MS),
    );
  }
}

type Statement = ReturnType<typeof sql>;

const STATE_MS = 30_000;
