/** `migrateSatellite`: a satellite follows its official repository to another universe, by upstream's own migrations. */
import type { OfferedRepository } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { JobKind, Jobs, Task } from '../jobs/job.ts';
import { openWriteableRepository } from '../repository/direct/open-writeable.ts';
import { failpoint } from '../repository/failpoints.ts';
import { checkReady, existingSatellite } from './access.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import type { Directory } from './directory.ts';
import type { ExclusiveWriters } from './exclusive-writers.ts';
import { MigrationFiles } from './migration-files.ts';
import type { MigrationTool, Revision } from './migration-tool.ts';
import type { JobRights } from './job-rights.ts';
import { fullName } from './satellite.ts';
import type { ChangeSatellite, MigrationPlan, SatelliteChange, SatelliteMigration } from './service.ts';
import type { SatelliteSettings } from './settings.ts';

export interface MigrationParts {
  readonly settings: SatelliteSettings;
  readonly catalog: Catalog;
  readonly directory: Directory;
  readonly writers: ExclusiveWriters;
  readonly jobs: Jobs;
  readonly rights: JobRights;
  readonly offered: readonly OfferedRepository[];
  readonly tool: MigrationTool;
}

type MigrationInput = {
  readonly id: string;
  readonly namespace: string;
  readonly from: number;
  readonly to: number;
  /** Null: to undo. */
  readonly way: readonly Revision[] | null;
};

type MigrationResult = { readonly from: number; readonly to: number };

type Planned = MigrationInput & { readonly steps: readonly string[] };

/** Starting Python takes its time. */
const PLAN_MILLISECONDS = 60_000;
const LOOK_MILLISECONDS = 30_000;

/** Where the migrated tables could be wrong; files are what they were. */
const CHECKED_PARTS = ['database', 'memberships', 'summaries'] as const;

const MIGRATING = { state: 'CHECKED_OUT', unfinished: 'MIGRATE' } as const;
const READY = { state: 'READY', unfinished: null } as const;

const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

export class Migration implements SatelliteMigration {
  readonly #parts: MigrationParts;
  readonly #kind: JobKind<MigrationInput, MigrationResult>;

  /** Adds its kind of work to the jobs. */
  constructor(parts: MigrationParts) {
    this.#parts = parts;
    this.#kind = {
      name: 'migrateSatellite',
      run: (input, task) => this.#run(input, task),
      ended: async ({ id }, job) => {
        const entry = await parts.catalog.get(id, look());
        if (entry) await this.#giveBack(entry, job.id);
      },
    };
    parts.jobs.define(this.#kind);
  }

  async migrate(
    { satellite, undo, dryRun, idempotencyKey }: ChangeSatellite & { readonly undo: boolean },
    principal: Principal,
  ): Promise<SatelliteChange<MigrationPlan>> {
    const entry = await existingSatellite(this.#parts.catalog, satellite, principal, look());
    checkReady(entry);
    const { steps, ...input } = undo ? await this.#planUndo(entry) : await this.#plan(entry, principal);
    const plan = { from: input.from, to: input.to, steps };
    if (dryRun || steps.length === 0) return { satellite: entry, job: null, plan };
    const subject = `satellite:${fullName(entry)}`;
    const job = await this.#parts.jobs.enqueue(this.#kind, {
      owner: principal.username,
      subject,
      input,
      idempotencyKey,
    });
    return { satellite: entry, job, plan };
  }

  async #plan(entry: CatalogEntry, { username, token }: Principal): Promise<Planned> {
    const { directory, offered, tool } = this.#parts;
    const signal = AbortSignal.timeout(PLAN_MILLISECONDS);
    const ctx = { caller: { username, token }, signal };
    const name = fullName(entry);
    const official = offered.find(({ name }) => name === entry.official)?.repository;
    if (!official) throw conflict(`'${entry.official}', which '${name}' was made from, is not configured any more.`);
    const [mine, theirs] = await Promise.all([directory.repositoryOf(entry).universe(ctx), official.universe(ctx)]);
    const { namespace, version: from } = mine;
    const to = theirs.version;
    if (namespace !== theirs.namespace) {
      throw conflict(
        `Satellite '${name}' has dimensions of '${namespace}' and '${entry.official}' has those of '${theirs.namespace}': ` +
          'no migration leads from one to the other.',
      );
    }
    const planned = { id: entry.id, namespace, from, to };
    if (from === to) return { ...planned, way: [], steps: [] };
    if (from > to) {
      throw conflict(
        `Satellite '${name}' has universe ${String(from)}, which is newer than universe ${String(to)} of '${entry.official}': ` +
          'there is nothing to migrate to.',
      );
    }
    if (entry.database !== 'SQLITE') {
      throw conflict(
        `Satellite '${name}' is in PostgreSQL, of which the gateway can make no backup: ask the operator to dump schema ` +
          `'satellite_${entry.id}' (pg_dump), to run 'butler migrate' on it while it is checked out, and to check it in.`,
      );
    }
    const way = await tool.way(namespace, from, to, signal);
    const steps = [
      'Copy the database; the satellite can be read, and not be changed, until the end.',
      ...way.map(({ version, revision }) => `Migrate the copy to universe ${String(version)} (revision ${revision}).`),
      'Check the copy, with the gateway and with stock Python.',
      'Put the copy in its place, and keep the old database as the backup.',
    ];
    return { ...planned, way, steps };
  }

  async #planUndo(entry: CatalogEntry): Promise<Planned> {
    const { from: to, to: from } = await (await this.#filesOf(entry, 'plan')).backedUp();
    const steps = [`Put the database of universe ${String(to)} back, if nothing was written since.`];
    return { id: entry.id, namespace: '', from, to, way: null, steps };
  }

  async #run(input: MigrationInput, task: Task): Promise<MigrationResult> {
    const { catalog, writers } = this.#parts;
    const { from, to } = input;
    const entry = await catalog.get(input.id, look());
    if (!entry) throw new SatelliteError('NOT_FOUND', 'The satellite does not exist any more.');
    const files = await this.#filesOf(entry, task.jobId);
    await this.#lend(entry, files, task.owner);
    const writer = await writers.of(entry);
    const work = () => (input.way === null ? files.undo() : this.#migrate(entry, input, input.way, files, task));
    await (writer ? writer.alone(task.signal, work) : work());
    return { from, to };
  }

  async #migrate(
    entry: CatalogEntry,
    { namespace, from, to }: MigrationInput,
    way: readonly Revision[],
    files: MigrationFiles,
    task: Task,
  ): Promise<void> {
    const { tool } = this.#parts;
    const { signal } = task;
    const log = (line: string) => task.log(line);
    const total = way.length + 1;
    await files.prepare({ from, to }, async (root) => {
      failpoint('migrate:before-tool');
      await tool.stamp(root, log, signal);
      for (const [done, revision] of way.entries()) {
        await task.progress({ done, total, unit: 'steps' });
        await tool.upgrade(root, revision, log, signal);
      }
      failpoint('migrate:after-tool');
      await tool.check(root, namespace, to, signal);
      await checkCopy(fullName(entry), root, to, signal);
    });
    await task.progress({ done: way.length, total, unit: 'steps' });
    await files.finish();
    await task.progress({ done: total, total, unit: 'steps' });
  }

  /** From now on nobody writes to it through a gateway, and this one lets go of its file. */
  async #lend(entry: CatalogEntry, files: MigrationFiles, owner: string): Promise<void> {
    const { catalog, directory, rights } = this.#parts;
    const mine = entry.unfinished === 'MIGRATE' && (await files.begun());
    if (!mine) {
      // Once it is begun it is ended whatever becomes of its owner: the satellite cannot be used in between.
      await rights.as(owner, fullName(entry), (who) => existingSatellite(catalog, fullName(entry), who, look()));
      checkReady(entry);
      await files.begin();
      if (!(await catalog.change(entry.id, READY, MIGRATING, look()))) {
        throw conflict(`Satellite '${fullName(entry)}' was changed at the same time: look at it again.`);
      }
    }
    await directory.forget(entry.id);
  }

  async #giveBack(entry: CatalogEntry, job: string): Promise<void> {
    const { catalog, directory } = this.#parts;
    const files = await this.#filesOf(entry, job);
    if (!(await files.begun())) return;
    await files.settle();
    await directory.forget(entry.id);
    await catalog.change(entry.id, MIGRATING, READY, look());
    await files.remove();
  }

  #filesOf(entry: CatalogEntry, job: string): Promise<MigrationFiles> {
    return MigrationFiles.of(this.#parts.settings, entry, job);
  }
}

/** @throws SatelliteError CONFLICT where something is wrong with it */
async function checkCopy(name: string, path: string, version: number, signal: AbortSignal): Promise<void> {
  try {
    const repository = await openWriteableRepository({ name, path, signal });
    try {
      const universe = await repository.universe();
      if (universe.version !== version) throw conflict(`it is of universe ${String(universe.version)}.`);
      const ctx = { caller: { username: '' }, signal };
      for (const part of CHECKED_PARTS) {
        for await (const { message } of repository.verify(part, false, ctx)) throw conflict(message);
      }
    } finally {
      await repository.close();
    }
  } catch (error) {
    // Nothing of it gets better by trying again.
    if (!(error instanceof SatelliteError)) throw error;
    throw conflict(
      `The migrated copy is not sound, and the satellite is as it was (verify and repair it first): ${error.message}`,
    );
  }
}

function conflict(message: string): SatelliteError {
  return new SatelliteError('CONFLICT', message);
}
