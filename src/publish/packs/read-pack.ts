/** The manifest of a pack, line by line into the state: nothing in it is believed that can be looked up. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { parseJson } from '../../butler/json.ts';
import type { Universe } from '../../butler/universe.ts';
import type { CheckedDatasetType } from '../../repository/direct/write/dataset-types.ts';
import { definitionOf } from '../../transfer/page.ts';
import { runsConfig } from '../config-file.ts';
import {
  canonical,
  collectionItem,
  datasetItem,
  memberItem,
  readDataset,
  recordItem,
  SECTIONS,
  typeItem,
  type Item,
  type Section,
} from '../items.ts';
import type { ManifestCollection, ManifestDataset, ManifestMembership, ManifestRecord } from '../manifest.ts';
import type { ManifestName, ManifestStore } from '../manifest-store.ts';
import { linesOf } from './manifest-lines.ts';
import { memberOf, packHeader, PackError, type PackHeader } from './pack-format.ts';
import {
  readLine,
  readPackedCollection,
  readPackedDataset,
  readPackedMember,
  readPackedRecord,
  readPackedType,
} from './pack-items.ts';
import { checkChains, neededByDataset, neededByRecord, type NeededRecord } from './pack-references.ts';
import type { PackRecords } from './pack-records.ts';
import { shown } from './zip-directory.ts';

export interface ReadPackSetting {
  readonly name: ManifestName;
  readonly store: ManifestStore;
  /** Identifier of its upload, whose members are known. */
  readonly upload: string;
  readonly packs: PackRecords;
  /** Of the published repository, in which everything is said. */
  readonly universe: Universe;
  readonly progress: (datasets: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** What is in a pack beside what the state has now. */
export interface ReadPack {
  readonly header: PackHeader;
  readonly collections: readonly ManifestCollection[];
  readonly datasets: number;
  /** Datasets without files. */
  readonly registeredOnly: number;
  readonly bytes: number;
}

/** Dataset types and collections stay in memory: of each, in characters of both together, and children of all chains. */
const MOST_NAMES = 100_000;
const MOST_NAMED_CHARACTERS = 32 * 2 ** 20;
const MOST_CHILDREN = 1_000_000;
/** Lines that are looked at together, and characters of them. */
const AT_ONCE = 1000;
const CHARACTERS_AT_ONCE = 4 * 2 ** 20;

/** @throws PackError */
export async function readPack(manifest: Readable, setting: ReadPackSetting): Promise<ReadPack> {
  let reader: PackReader | undefined;
  for await (const line of linesOf(manifest)) {
    if (reader) await reader.take(line);
    else reader = new PackReader(readHeader(line), setting);
  }
  if (!reader) throw new PackError('The manifest of the pack is empty.');
  return reader.end();
}

function readHeader(line: string): PackHeader {
  let written: unknown;
  try {
    written = parseJson(line);
  } catch (cause) {
    throw new PackError('The manifest of the pack does not begin with a header.', { cause });
  }
  const { data, error } = packHeader.safeParse(written);
  if (data) return data;
  const [issue] = error.issues;
  throw new PackError(
    `The header of the pack is none that this gateway knows (${shown(`${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim())}): make it with the gateway's own version of \`satellite\`.`,
  );
}

class PackReader {
  readonly #header: PackHeader;
  readonly #setting: ReadPackSetting;
  readonly #types = new Map<string, CheckedDatasetType>();
  readonly #collections = new Map<string, ManifestCollection>();
  /** Lines of a section that are still to be looked at together. */
  #waiting: unknown[] = [];
  #waitingCharacters = 0;
  #namedCharacters = 0;
  #children = 0;
  #section: Section = 'header';
  #lines = 1;
  readonly #counts = { datasets: 0, registeredOnly: 0, bytes: 0 };

  constructor(header: PackHeader, setting: ReadPackSetting) {
    this.#header = header;
    this.#setting = setting;
    const { namespace, version } = setting.universe;
    if (header.universe.namespace === namespace && header.universe.version === version) return;
    throw new PackError(
      `It is of another dimension universe (${shown(header.universe.namespace)} version ${header.universe.version}) than ` +
        `the published repository (${setting.universe}): migrate the satellite, and pack it again.`,
    );
  }

  async take(line: string): Promise<void> {
    this.#lines += 1;
    const [section, content] = readLine(this.#lines, line);
    if (section !== this.#section) {
      if (SECTIONS.indexOf(section) < SECTIONS.indexOf(this.#section)) {
        throw new PackError(`Line ${this.#lines} of the manifest is out of order.`);
      }
      await this.#flush();
      this.#section = section;
    }
    if (section === 'type' || section === 'collection') this.#namedCharacters += line.length;
    if (this.#namedCharacters > MOST_NAMED_CHARACTERS) {
      throw new PackError(`Its dataset types and collections have more than ${MOST_NAMED_CHARACTERS} characters.`);
    }
    this.#waiting.push(content);
    this.#waitingCharacters += line.length;
    if (this.#waiting.length >= AT_ONCE || this.#waitingCharacters >= CHARACTERS_AT_ONCE) await this.#flush();
  }

  async end(): Promise<ReadPack> {
    await this.#flush();
    const { name, store, packs, upload, signal } = this.#setting;
    checkChains(this.#collections);
    const twice = await store.sameWitness(name, signal);
    if (twice !== null) {
      const { uuid } = readDataset(twice);
      throw new PackError(
        `Dataset ${uuid} has the dataset type, the collection and the data ID of another one of the pack.`,
      );
    }
    const [extra] = await packs.unused(upload, 1);
    if (extra !== undefined) throw new PackError(`The zip has '${extra}', which its manifest does not name.`);
    return { header: this.#header, collections: [...this.#collections.values()], ...this.#counts };
  }

  async #flush(): Promise<void> {
    const contents = this.#waiting;
    this.#waiting = [];
    this.#waitingCharacters = 0;
    if (contents.length === 0) return;
    const { universe } = this.#setting;
    switch (this.#section) {
      case 'type':
        return this.#add(contents.map((content) => typeItem(definitionOf(this.#type(content)))));
      case 'collection':
        return this.#add(contents.map((content) => collectionItem(this.#collection(content))));
      case 'record':
        return this.#addRecords(contents.map((content) => readPackedRecord(universe, content)));
      case 'dataset':
        return this.#addDatasets(
          contents.map((content) => readPackedDataset(universe, (of) => this.#typeOf(of), content)),
        );
      case 'member':
        return this.#addMembers(contents.map(readPackedMember));
      case 'header':
        return;
    }
  }

  async #add(items: readonly Item[]): Promise<void> {
    const { store, name, signal } = this.#setting;
    const added = await store.add(name, items, signal);
    if (added === items.length) return;
    throw new PackError(`The manifest of the pack has a ${this.#section} twice (before line ${this.#lines + 1}).`);
  }

  #type(content: unknown): CheckedDatasetType {
    const type = readPackedType(this.#setting.universe, content);
    if (this.#types.size >= MOST_NAMES) throw new PackError(`There are more than ${MOST_NAMES} dataset types.`);
    this.#types.set(type.name, type);
    return type;
  }

  #typeOf(name: string): CheckedDatasetType {
    const type = this.#types.get(name);
    if (type) return type;
    throw new PackError(`The manifest of the pack does not say what a '${shown(name)}' is.`);
  }

  #collection(content: unknown): ManifestCollection {
    const collection = readPackedCollection(content);
    if (this.#collections.size >= MOST_NAMES) throw new PackError(`There are more than ${MOST_NAMES} collections.`);
    this.#children += collection.children.length;
    if (this.#children > MOST_CHILDREN) throw new PackError(`Its chains have more than ${MOST_CHILDREN} children.`);
    this.#collections.set(collection.name, collection);
    return collection;
  }

  async #addRecords(records: readonly ManifestRecord[]): Promise<void> {
    const { universe } = this.#setting;
    await this.#add(records.map((record) => itemOf(universe, record)));
    const needed = records.flatMap((record) => neededByRecord(universe, record));
    // What an element needs comes before it, in the order of the universe.
    await this.#checkRecords(needed, 'dimension record');
  }

  async #addDatasets(datasets: readonly ManifestDataset[]): Promise<void> {
    const { universe, packs, upload, progress } = this.#setting;
    for (const { uuid, run } of datasets) {
      const found = this.#collections.get(run);
      if (found?.type === 'RUN' && !found.isOfficial) continue;
      throw new PackError(`Dataset ${uuid} is in '${shown(run)}', which is no RUN of the pack of one's own.`);
    }
    const required = ({ datasetType }: ManifestDataset) => this.#typeOf(datasetType).dimensions.required;
    const needed = datasets.flatMap((dataset) => neededByDataset(universe, required(dataset), dataset));
    await this.#checkRecords(needed, 'dataset');
    const files = datasets.flatMap((dataset) => dataset.files);
    const named = (of: typeof files) => of.map(({ sha256 }) => memberOf(sha256));
    const sizes = new Map(await packs.use(upload, named(files), 1));
    const configs = files.filter(({ formatter }) => runsConfig(formatter));
    if (configs.length > 0) await packs.use(upload, named(configs), 2);
    for (const { uuid, files: own } of datasets) {
      for (const { sha256, size } of own) {
        const there = sizes.get(memberOf(sha256));
        if (there === undefined)
          throw new PackError(`The zip has no '${memberOf(sha256)}', a file of dataset ${uuid}.`);
        if (there !== size) {
          throw new PackError(`'${memberOf(sha256)}' has ${there} bytes in the zip, and ${size} in its manifest.`);
        }
        this.#counts.bytes += size;
      }
      if (own.length === 0) this.#counts.registeredOnly += 1;
    }
    // One data ID has one dataset of a type in a RUN: what says so is compared by the database.
    await this.#add(
      datasets.map((dataset) => {
        const { datasetType, run, dataId } = dataset;
        return datasetItem(dataset, digestOf({ datasetType, run, dataId }));
      }),
    );
    this.#counts.datasets += datasets.length;
    await progress(this.#counts.datasets);
  }

  async #addMembers(members: readonly ManifestMembership[]): Promise<void> {
    const { store, name, signal } = this.#setting;
    const known = await store.witnesses(
      name,
      members.map(({ uuid }) => uuid),
      signal,
    );
    const byUuid = new Map([...known.values()].map(({ content }) => [readDataset(content).uuid, readDataset(content)]));
    const items = members.map((member) => {
      const { collection, uuid, timespan } = member;
      const dataset = byUuid.get(uuid);
      const wrong = (why: string) =>
        new PackError(`Dataset ${shown(uuid)} cannot be in '${shown(collection)}': ${why}.`);
      if (!dataset) throw wrong('it is not in the pack');
      const found = this.#collections.get(collection);
      const type = timespan ? 'CALIBRATION' : 'TAGGED';
      if (found?.type !== type || found.isOfficial) throw wrong(`that is no ${type} collection of the pack`);
      const { datasetType, dataId } = dataset;
      if (timespan && !this.#typeOf(datasetType).isCalibration) throw wrong('it is no calibration');
      const witness = timespan ? null : digestOf({ collection, datasetType, dataId });
      return { ...memberItem(member), witness };
    });
    await this.#add(items);
  }

  /** @throws PackError where one is not there */
  async #checkRecords(needed: readonly NeededRecord[], by: string): Promise<void> {
    const { store, name, signal } = this.#setting;
    const missing = new Map(needed.map((one) => [one.item, one]));
    for (const item of await store.present(name, 'record', [...missing.keys()], signal)) missing.delete(item);
    const [first] = missing.values();
    if (!first) return;
    throw new PackError(
      `A ${by} of the pack needs a record of '${first.element}' (${shown(first.values)}), which is not in it.`,
    );
  }
}

function itemOf(universe: Universe, record: ManifestRecord): Item {
  const element = universe.element(record.element);
  const { required, order } = element;
  const dataId = required.map((name) => record.fields[name === element.name ? element.primaryKey!.name : name]);
  return recordItem(record, order, dataId);
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}
