/**
 * The database of a satellite while it is migrated, and its backup.  What is migrated is a copy; it takes the satellite's
 * place in one rename, and whatever is interrupted before leaves the satellite as it was.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, lchown, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { SatelliteError } from '../butler/errors.ts';
import { butlerYaml, writeDurably } from '../repository/direct/create.ts';
import {
  copyDatabase,
  databaseContent,
  databaseOwnership,
  databaseState,
  exchange,
} from '../repository/direct/sqlite/exchange.ts';
import { sync, type DatabaseFile } from '../repository/direct/sqlite/take-over.ts';
import { failpoint } from '../repository/failpoints.ts';
import { migratedOf, realDirectoryOf } from './placement.ts';
import { fullName, type SatelliteRecord } from './satellite.ts';
import type { SatelliteSettings } from './settings.ts';

/** Versions of the universe. */
export interface Versions {
  readonly from: number;
  readonly to: number;
}

const versions = { from: z.number(), to: z.number() };
/** Of a copy that is migrated and checked: what the satellite's file was when it was copied, and the copy's content. */
const prepared = z.object({ ...versions, state: z.string(), content: z.string() });
/** Of the backup: the content of the file that took its place. */
const backup = z.object({ ...versions, content: z.string() });

export class MigrationFiles {
  readonly #name: string;
  /** The satellite's database. */
  readonly #live: DatabaseFile;
  readonly #place: string;
  readonly #attempt: string;

  private constructor(live: DatabaseFile, place: string, job: string) {
    this.#name = live.repository;
    this.#live = live;
    this.#place = place;
    this.#attempt = join(place, job);
  }

  /** @param job whose attempt it is */
  static async of(settings: SatelliteSettings, satellite: SatelliteRecord, job: string): Promise<MigrationFiles> {
    const path = join(await realDirectoryOf(settings, satellite), 'gen3.sqlite3');
    return new MigrationFiles({ repository: fullName(satellite), path }, migratedOf(settings, satellite), job);
  }

  /** Directory of the repository that is migrated. */
  get copy(): string {
    return join(this.#attempt, 'copy');
  }

  get #copied(): string {
    return join(this.copy, 'gen3.sqlite3');
  }

  /** The content before; becomes the backup. */
  get #before(): string {
    return join(this.#attempt, 'before.sqlite3');
  }

  /** Whether the attempt was begun, and not ended. */
  async begun(): Promise<boolean> {
    return exists(this.#attempt);
  }

  async begin(): Promise<void> {
    await mkdir(this.#attempt, { recursive: true, mode: 0o700 });
  }

  /** Makes the copy, migrates it by `migrate`, and keeps it for `finish`; what was kept before a restart stays good. */
  async prepare({ from, to }: Versions, migrate: (root: string) => Promise<void>): Promise<void> {
    const kept = await this.#prepared();
    if (kept && (!(await exists(this.#copied)) || (await databaseState(this.#live)) === kept.state)) return;
    for (const made of [this.#noted, this.copy, this.#before]) await rm(made, { recursive: true, force: true });
    await mkdir(this.copy, { recursive: true, mode: 0o700 });
    const state = await copyDatabase(this.#live, this.#before);
    await copyFile(this.#before, this.#copied);
    // Not the satellite's own, which its users may have changed: Python would run what it names.
    await writeDurably(join(this.copy, 'butler.yaml'), butlerYaml({ dialect: 'sqlite' }, '<butlerRoot>'));
    await migrate(this.copy);
    for (const file of [this.#before, this.#copied]) await this.#give(file);
    await this.#note(this.#noted, { from, to, state, content: await contentOf(this.#copied) });
  }

  /** Puts the migrated copy in the satellite's place, and keeps the old one as the backup. */
  async finish(): Promise<void> {
    const done = await this.#prepared();
    if (!done) throw new Error('nothing was prepared');
    if (await exists(this.#copied)) {
      failpoint('migrate:before-exchange');
      await exchange(this.#live, done.state, this.#copied);
      failpoint('migrate:after-exchange');
    }
    const { from, to, content } = done;
    if (await exists(this.#before)) await rename(this.#before, this.#backup);
    await sync(this.#place);
    await this.#note(this.#backupNote, { from, to, content });
  }

  /** Keeps the backup of an attempt that was interrupted, where the migrated copy is in the satellite's place already. */
  async settle(): Promise<void> {
    if ((await this.#prepared()) && !(await exists(this.#copied))) await this.finish();
  }

  /** Ends the attempt. */
  async remove(): Promise<void> {
    await rm(this.#attempt, { recursive: true, force: true });
  }

  /** What the backup is of. @throws SatelliteError CONFLICT where there is none */
  async backedUp(): Promise<Versions> {
    const found = await read(this.#backupNote, backup);
    if (found) return { from: found.from, to: found.to };
    throw new SatelliteError(
      'CONFLICT',
      `Satellite '${this.#name}' has no backup of a migration that could be undone.`,
    );
  }

  /** Puts the backup back. @throws SatelliteError CONFLICT where the satellite was changed since */
  async undo(): Promise<void> {
    const found = await read(this.#backupNote, backup);
    if (found && (await exists(this.#backup))) {
      const state = await databaseState(this.#live);
      if ((await databaseContent(this.#live)) !== found.content) {
        throw new SatelliteError(
          'CONFLICT',
          `Satellite '${this.#name}' was written to since it was migrated, and undoing that would lose it: ask the gateway's ` +
            'operator, who has the backup, if you want that.',
        );
      }
      await this.#give(this.#backup);
      failpoint('migrate:before-undo');
      await exchange(this.#live, state, this.#backup);
      failpoint('migrate:after-undo');
    }
    await rm(this.#backupNote, { force: true });
  }

  get #noted(): string {
    return join(this.#attempt, 'prepared.json');
  }

  get #backup(): string {
    return join(this.#place, 'backup.sqlite3');
  }

  get #backupNote(): string {
    return join(this.#place, 'backup.json');
  }

  #prepared(): Promise<z.output<typeof prepared> | undefined> {
    return read(this.#noted, prepared);
  }

  /** Makes a file as the satellite's is: whose it is, and who may do what with it. */
  async #give(file: string): Promise<void> {
    const { uid, gid, mode } = await databaseOwnership(this.#live);
    if (uid !== process.getuid!() || gid !== process.getgid!()) await lchown(file, uid, gid);
    await chmod(file, mode);
    await sync(file);
  }

  async #note(path: string, note: z.output<typeof prepared> | z.output<typeof backup>): Promise<void> {
    await writeDurably(path, JSON.stringify(note));
  }
}

async function read<T>(path: string, note: z.ZodType<T>): Promise<T | undefined> {
  try {
    return note.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function contentOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
