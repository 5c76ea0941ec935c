/** One attempt at a transfer: plans all of it first, then does it page by page, so that it can go on anywhere. */
import { setImmediate } from 'node:timers/promises';
import type { CollectionInfo } from '../butler/collection.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Universe } from '../butler/universe.ts';
import type { Task } from '../jobs/job.ts';
import { failpoint } from '../repository/failpoints.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { DimensionRecordRow } from '../repository/rows.ts';
import type { DatasetTypeDefinition } from '../repository/writeable-repository.ts';
import type { OpenSatellite } from '../satellite/satellite.ts';
import { bringMemberships } from './bring-memberships.ts';
import {
  collectionConflicts,
  collectionsByName,
  membershipCollections,
  namedCollections,
  registerCollections,
  setChains,
} from './collection-structure.ts';
import { compressed, decompressed } from './compressed.ts';
import { copyPage, planCopies, unrecordedBytes } from './copy-page.ts';
import type { OfFile, OpenFile } from './copy.ts';
import { isWithoutRecords, neededInParts, planRecords, type NeededRecords } from './dimension-records.ts';
import { inBatches } from '../butler/in-batches.ts';
import { readPage, type SelectedDataset, type TransferPage } from './page.ts';
import { planPage } from './plan-page.ts';
import { plannedPage, type PlannedPage } from './planned-page.ts';
import {
  filesAhead,
  referPage,
  type BatchWithFiles,
  type FilesAfter,
  type Readable,
  type Referred,
} from './refer-page.ts';
import type { ReferenceSettings } from './references.ts';
import type { SelectedDatasets, TransferDatasets } from './service.ts';

/** Datasets that one transaction registers: others who write to the satellite wait no longer than for these. */
const DATASETS_AT_ONCE = 1000;

/** What the names of steps begin with that tell where files are copied to. */
export const COPY_PATHS = 'paths:';

/** The same, of all that write to the satellite: each can be done again, and does nothing then where all is there. */
export const WRITING_STEPS: readonly string[] = ['records:', 'register', 'datasets:', 'memberships:', 'chains'];

/** Conflicts that the error of a failed job tells. */
const CONFLICTS_TOLD = 5;

/** Records that one transaction inserts. */
const RECORDS_AT_ONCE = 2500;

export interface TransferSetting {
  readonly source: Repository;
  /** Name of the source in addresses. */
  readonly from: string;
  readonly satellite: OpenSatellite;
  readonly selection: SelectedDatasets;
  readonly mode: TransferDatasets['mode'];
  /** Brings chains, memberships and validity ranges too. */
  readonly collections: boolean;
  readonly references: ReferenceSettings;
  /**
   * Which targets of the source's own references its satellite's owner may be given; undefined: whose job it is, is that owner.
   * Somebody else could have written into a satellite of theirs where a dataset of the owner's is, for the owner to give away.
   */
  readonly readable: Readable | undefined;
  /** Throws where a RUN of the source may not be read (any more). */
  readonly checkRun: (run: string) => void;
  readonly openFile: OpenFile;
  /** Bytes of a file of the source. */
  readonly sizeOf: OfFile<number>;
  /** Sets bytes aside in the satellite, in place of what was set aside before. */
  readonly reserve: (bytes: number) => Promise<void>;
}

/** What the job answers. */
export type TransferResult = { readonly datasets: number; readonly bytes: number; readonly new: number };

export class TransferAttempt {
  readonly #setting: TransferSetting;
  readonly #task: Task;
  readonly #ctx: QueryContext;
  readonly #pages: PlannedPage[] = [];
  #bytesDone = 0;
  #lastPage: { readonly i: number; readonly page: TransferPage } | undefined;
  /** Of the page whose turn it is next, where they are on their way already. */
  #records: NeededRecords | undefined;
  /** The same. */
  #files: readonly BatchWithFiles[] | undefined;
  readonly #referred: Referred[] = [];

  constructor(setting: TransferSetting, task: Task, ctx: QueryContext) {
    this.#setting = setting;
    this.#task = task;
    this.#ctx = ctx;
  }

  /** @throws SatelliteError CONFLICT where something is in the way: then no dataset came */
  async run(): Promise<TransferResult> {
    const { repository } = this.#setting.satellite;
    const universe = await repository.universe(this.#ctx);
    const structure = await this.#plan(universe);
    // Pages may have been planned by an attempt that could read more.
    for (const run of new Set(this.#pages.flatMap(({ runs }) => runs))) this.#setting.checkRun(run);
    failpoint('transfer:before-dimension-records');
    for (const [i, planned] of this.#pages.entries()) {
      // What is there already has its records.
      if (planned.new === 0) continue;
      await this.#step(`records:${i}`, () => this.#bringRecords(i, universe));
    }
    await this.#step('register', () => this.#register(structure));
    failpoint('transfer:before-datasets');
    await this.#bringDatasets(universe);
    failpoint('transfer:before-collections');
    if (this.#setting.collections) await this.#bringCollections(structure, universe);
    const total = (of: (page: PlannedPage) => number) => this.#pages.reduce((sum, page) => sum + of(page), 0);
    const result = { datasets: total((p) => p.datasets), bytes: total((p) => p.bytes), new: total((p) => p.new) };
    if (this.#setting.mode === 'COPY') return result;
    // What is there without a file, and has none at the source either, is nothing new.
    const registered = new Set(this.#pages.flatMap((page) => page.registered));
    const old = this.#referred.flatMap(({ withoutFiles }) => withoutFiles.filter((uuid) => registered.has(uuid)));
    const bytes = this.#referred.reduce((sum, page) => sum + page.bytes, 0);
    return { ...result, bytes, new: result.new - old.length };
  }

  /** @returns the collections that come, children first */
  async #plan(universe: Universe): Promise<readonly CollectionInfo[]> {
    const { source, satellite, selection, collections, mode } = this.#setting;
    const [memberships, named, there] = await Promise.all([
      collections ? membershipCollections(source, selection, this.#ctx) : [],
      collections ? namedCollections(source, selection, this.#ctx) : [],
      collectionsByName(satellite.repository, this.#ctx),
    ]);
    const withFiles = mode === 'COPY';
    const plan = { ...this.#setting, withFiles, satellite: satellite.repository, memberships, collections: there };
    for (let place: string | null | undefined; place !== null;) {
      const from: string | null = place ?? null;
      const i = this.#pages.length;
      const page: PlannedPage = await this.#task.step(`plan:${i}`, async () => {
        const planned = await planPage(plan, from, this.#ctx, async (datasets, more) => {
          if (!more && from === null) await this.#ask(datasets, universe);
        });
        // Not remembered, so that it is looked for again when the job is started again.
        refuseConflicts(planned.conflicts.map(({ reason }) => reason));
        this.#lastPage = { i, page: planned.page };
        return plannedPage(planned);
      });
      this.#pages.push(page);
      place = page.next;
    }
    const used = new Set(this.#pages.flatMap((page) => page.collections));
    const structure = new Map(
      [...memberships.filter(({ name }) => used.has(name)), ...named].map((info) => [info.name, info]),
    );
    const inTheWay = await collectionConflicts(satellite.repository, [...structure.values()], this.#ctx);
    refuseConflicts(inTheWay.map(({ reason }) => reason));
    return [...structure.values()];
  }

  async #bringRecords(i: number, universe: Universe): Promise<void> {
    const { own, others } = this.#records ?? this.#fetchRecords((await this.#page(i, universe)).datasets, universe);
    // The source goes on with the next page meanwhile.
    const next = this.#pages.findIndex((page, n) => n > i && page.new > 0);
    this.#records =
      next < 0 ? undefined : this.#fetchRecords((await this.#page(next, universe)).datasets, universe, others);
    // The others require some of the datasets' own.  Where nothing can be in the way, the source looks for them meanwhile;
    // else all of them are looked at before one is written.
    const isFree = await isWithoutRecords(this.#setting.satellite.repository, this.#ctx);
    if (isFree) await this.#insertRecords(await own);
    await this.#insertRecords(isFree ? await others : [...(await own), ...(await others)]);
  }

  async #insertRecords(records: readonly DimensionRecordRow[]): Promise<void> {
    const { repository } = this.#setting.satellite;
    const { missing, conflicts } = await planRecords(repository, records, this.#ctx);
    refuseConflicts(conflicts.map(({ reason }) => reason));
    const inOrder = missing.toSorted((a, b) => a.element.order - b.element.order);
    await repository.insertDimensionRecords(inOrder, 'SKIP', this.#ctx, RECORDS_AT_ONCE);
  }

  /**
   * Has the source look for what a transfer of one page needs, so that it is never idle: for a few files while what else it is
   * asked for is made ready, then for the datasets' own records, which are the first to be written and take the longest.
   */
  async #ask(datasets: readonly SelectedDataset[], universe: Universe): Promise<void> {
    const sent = setImmediate();
    const records = this.#fetchRecords(datasets, universe, sent);
    this.#records = records;
    if (this.#setting.mode === 'REFERENCE') {
      this.#files = this.#askForFiles(datasets, { others: records.own.catch(() => undefined) });
    }
    await sent;
  }

  #askForFiles(datasets: readonly SelectedDataset[], after: FilesAfter = {}): readonly BatchWithFiles[] {
    return filesAhead(this.#setting.source, datasets, DATASETS_AT_ONCE, after, this.#ctx);
  }

  #fetchRecords(datasets: readonly SelectedDataset[], universe: Universe, after?: Promise<unknown>): NeededRecords {
    const records = neededInParts(this.#setting.source, universe, datasets, this.#ctx, after);
    // A failure of what comes before is told first, and nobody waits for these then.
    for (const part of [records.own, records.others]) part.catch(() => undefined);
    return records;
  }

  async #register(structure: readonly CollectionInfo[]): Promise<void> {
    const { source, satellite } = this.#setting;
    const types = [...new Set(this.#pages.flatMap((page) => page.types))];
    const definitions = types.map((text) => JSON.parse(text) as DatasetTypeDefinition);
    await satellite.repository.registerDatasetTypes(definitions, this.#ctx);
    const known = new Set(structure.map(({ name }) => name));
    const runs = [...new Set(this.#pages.flatMap((page) => page.runs))].filter((run) => !known.has(run));
    const infos = runs.length === 0 ? [] : await source.collections({ search: runs }, this.#ctx);
    await registerCollections(satellite.repository, [...structure, ...infos], this.#ctx);
  }

  async #bringDatasets(universe: Universe): Promise<void> {
    const { mode } = this.#setting;
    let done = 0;
    for (const [i, planned] of this.#pages.entries()) {
      if (mode === 'COPY') await this.#copy(i, universe);
      else this.#referred.push(await this.#task.step(`datasets:${i}`, () => this.#refer(i, universe)));
      failpoint('transfer:after-datasets');
      done += planned.datasets;
      if (mode === 'REFERENCE') {
        const total = this.#pages.reduce((sum, page) => sum + page.datasets, 0);
        await this.#task.progress({ done, total, unit: 'datasets' });
      }
    }
  }

  async #refer(i: number, universe: Universe): Promise<Referred> {
    const { satellite, from, references, readable } = this.#setting;
    const { datasets } = await this.#page(i, universe);
    const batches = this.#files ?? this.#askForFiles(datasets);
    const next = i + 1 < this.#pages.length ? await this.#page(i + 1, universe) : undefined;
    this.#files = next && this.#askForFiles(next.datasets, { first: batches.at(-1)?.files });
    return referPage(satellite, batches, from, references, readable, this.#ctx);
  }

  async #copy(i: number, universe: Universe): Promise<void> {
    const { source, satellite, openFile, sizeOf, reserve } = this.#setting;
    const bytesBefore = this.#pages.slice(0, i).reduce((sum, page) => sum + page.newBytes, 0);
    const total = this.#pages.reduce((sum, page) => sum + page.newBytes, 0);
    const page = await this.#page(i, universe);
    const paths = await this.#task.step(`${COPY_PATHS}${i}`, async () => {
      const planned = await planCopies(source, satellite, page.datasets, this.#ctx);
      await reserve(total - bytesBefore + (await unrecordedBytes(planned, page.datasets, sizeOf, this.#ctx)));
      return compressed(JSON.stringify(planned));
    });
    this.#bytesDone = bytesBefore;
    await this.#step(`datasets:${i}`, async () => {
      const progress = async (bytes: number): Promise<void> => {
        this.#bytesDone += bytes;
        await this.#task.progress({ done: this.#bytesDone, total, unit: 'bytes' });
      };
      const copies = JSON.parse(await decompressed(paths)) as Awaited<ReturnType<typeof planCopies>>;
      const chosen = new Set(copies.datasets);
      const datasets = page.datasets.filter(({ uuid }) => chosen.has(uuid));
      for (const batch of inBatches(datasets, DATASETS_AT_ONCE)) {
        await copyPage(satellite, batch, copies.files, openFile, progress, this.#ctx);
      }
    });
  }

  async #bringCollections(structure: readonly CollectionInfo[], universe: Universe): Promise<void> {
    const { repository } = this.#setting.satellite;
    const there = await collectionsByName(repository, this.#ctx);
    for (const [i, page] of this.#pages.entries()) {
      if (page.collections.length === 0) continue;
      await this.#step(`memberships:${i}`, async () =>
        bringMemberships(repository, await this.#page(i, universe), there, this.#ctx),
      );
    }
    await this.#step('chains', () => setChains(repository, structure, this.#ctx));
  }

  /** Several steps want the same page one after the other. */
  async #page(i: number, universe: Universe): Promise<TransferPage> {
    if (this.#lastPage?.i !== i) {
      this.#lastPage = { i, page: readPage(await decompressed(this.#pages[i]!.text), universe) };
    }
    return this.#lastPage.page;
  }

  async #step(name: string, work: () => Promise<void>): Promise<void> {
    await this.#task.step(name, async () => {
      await work();
      return null;
    });
  }
}

function refuseConflicts(all: readonly string[]): void {
  // Of a collection that is of another type, each of its datasets tells.
  const reasons = [...new Set(all)];
  if (reasons.length === 0) return;
  const more = reasons.length > CONFLICTS_TOLD ? ' There are more: a dry run lists them.' : '';
  throw new SatelliteError('CONFLICT', reasons.slice(0, CONFLICTS_TOLD).join(' ') + more);
}
