/** The automatic checks of a manifest. */
import type { Memberships } from '../access/memberships.ts';
import type { OfferedRepository } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { ownerOfName, ownsName } from '../access/readable.ts';
import { requiredDataId } from '../butler/data-id.ts';
import type { DimensionElement } from '../butler/universe.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { DimensionRecordRow } from '../repository/rows.ts';
import { streamDimensionRecords } from '../repository/search/streams.ts';
import { defaultFormatter, isDefaultFormatter } from '../transfer/default-formatters.ts';
import { checkGrantRoom, checkInputRights, checkReaders } from './check-rights.ts';
import { checkFreeNames } from './check-free-names.ts';
import { conflictingRecord } from './check-records.ts';
import { checkCollections, checkDatasetTypes, checkNames, listed } from './check-names.ts';
import { checkSize } from './check-size.ts';
import type { ContentsSummary } from './contents.ts';
import { canonical } from './items.ts';
import type { Manifest, ManifestCollection, ManifestDataset } from './manifest.ts';
import type { PublicationCheck, PublicationVersion, Readers } from './publication.ts';
import type { PublishedSettings } from './settings.ts';
import type { PublishedStructure } from './structure.ts';

export interface CheckSetting {
  readonly version: Pick<PublicationVersion, 'readers' | 'owner' | 'group' | 'source'>;
  readonly manifest: Manifest;
  readonly summary: ContentsSummary;
  readonly structure: PublishedStructure;
  readonly settings: PublishedSettings;
  /** All of it. */
  readonly published: OfferedRepository;
  /** Those that exist for the submitter. */
  readonly official: readonly OfferedRepository[];
  /** All official ones. */
  readonly configured: readonly OfferedRepository[];
  /** All of the configuration that are nobody's, but for the published one. */
  readonly others: readonly OfferedRepository[];
  readonly who: Identity;
  readonly memberships: Pick<Memberships, 'of'>;
  /** See `allReaders`. */
  readonly everybody: Readers;
  /** The version that is published now; null: none. */
  readonly replaced: Manifest | null;
  /** Bytes of its owner's other publications there. */
  readonly used: number;
  /** Grants of the published repository, beside those of this publication. */
  readonly usedGrants: number;
  /** Datasets whose content is another than in that. */
  readonly changed: number;
}

type ClashSetting = Pick<CheckSetting, 'manifest' | 'published' | 'replaced' | 'changed' | 'who'>;

const PICKLE = /pickle/i;
/** Names of files that are unpickled by formatters that look at them, such as `PackagesFormatter`. */
const PICKLED_FILE = /\.(?:pickle|pkl)$/i;
/** Formatters of stock Butler that unpickle or import what is in their files. */
const RUNNING: ReadonlySet<string> = new Set([
  'lsst.meas.photoz.base.model_formatter.ModelFormatter',
  'lsst.meas.transiNet.modelPackages.NNModelPackageFormatter',
]);

/** @param ctx of the submitter */
export async function runChecks(setting: CheckSetting, ctx: QueryContext): Promise<readonly PublicationCheck[]> {
  const { version, manifest, summary, structure, settings, published, official, configured, who, memberships } =
    setting;
  const { everybody, others, used, usedGrants } = setting;
  const { lineage } = await manifest.header();
  const collections = await manifest.collections();
  const types = await manifest.datasetTypes();
  const known = new Map<string, Awaited<ReturnType<Repository['datasetTypes']>>>();
  for (const { name, repository } of [published, ...official]) known.set(name, await repository.datasetTypes(ctx));
  const named = version.source.collections.filter((name) => structure.official.has(name));
  const inputs = await checkInputRights(lineage, { configured, visible: official }, everybody, published, memberships);
  const names = checkNames(collections, named, version.readers, who);
  const { upload } = version.source;
  return [
    ...(upload === undefined ? [] : [PACKED]),
    checkFiles(summary),
    { code: 'UNIVERSE', state: 'PASSED', message: 'Its dimensions mean the same in the published repository.' },
    checkDatasetTypes(types, known),
    names.state === 'FAILED' ? names : ((await checkFreeNames(collections, others, official, ctx)) ?? names),
    await checkClashes(setting, collections, ctx),
    await checkFormats(manifest, summary, settings),
    checkSize(summary.bytes, used, version, settings),
    upload === undefined ? inputs : unproven(inputs),
    checkGrantRoom(version.readers, collections, usedGrants, settings) ??
      checkReaders(version.readers, everybody, who, version.group, settings),
    await checkRestart(setting, ctx),
    checkOfficialData(summary, structure),
  ];
}

const PACKED: PublicationCheck = {
  code: 'PACK',
  state: 'PASSED',
  message: 'The zip holds exactly the files that its manifest names, each with its size and SHA-256.',
};

/** Of a pack, in which its owner can have written anything: somebody has to look. */
function unproven(check: PublicationCheck): PublicationCheck {
  if (check.state === 'FAILED') return check;
  const message = `${check.message} It came as a zip, of which nothing proves what it was made from: it counts as made from all official data that its submitter may read.`;
  return { ...check, state: 'WARNING', message };
}

/** What is said of a manifest that could not be made. */
export function unmade(code: 'PACK' | 'FILES' | 'UNIVERSE', message: string): readonly PublicationCheck[] {
  return [{ code, state: 'FAILED', message }];
}

/** Whether servers have to be restarted before all of it can be seen. */
export function needsRestart({ checks }: Pick<PublicationVersion, 'checks'>): boolean {
  return checks.some(({ code, state }) => code === 'RESTART' && state === 'WARNING');
}

function checkFiles({ datasets, bytes, registeredOnly, unequal }: ContentsSummary): PublicationCheck {
  const code = 'FILES';
  if (datasets === 0) return { code, state: 'FAILED', message: 'There are no datasets of yours in it.' };
  if (unequal.length > 0) {
    const message = `Files of datasets ${listed(unequal)} have another size than was recorded: put these datasets anew.`;
    return { code, state: 'FAILED', message };
  }
  if (registeredOnly === 0) {
    return { code, state: 'PASSED', message: `All files of ${datasets} datasets are there: ${bytes} bytes.` };
  }
  const message = `${registeredOnly} of ${datasets} datasets have no files: they can be found, but not be read.`;
  return { code, state: 'WARNING', message };
}

function checkOfficialData(
  { officialDatasets }: ContentsSummary,
  { collections, flattened }: PublishedStructure,
): PublicationCheck {
  const code = 'OFFICIAL_DATA';
  const shells = collections.filter(({ isOfficial }) => isOfficial).map(({ name }) => name);
  const words = [
    ...(shells.length > 0 ? [`${listed(shells)} are official: what is in them is found in their own repository.`] : []),
    ...(flattened.length > 0
      ? [`Of the official chains ${listed(flattened)}, what they hold stands in their place.`]
      : []),
    ...(officialDatasets > 0
      ? [`${officialDatasets} official datasets in its collections are not published with it.`]
      : []),
  ];
  if (words.length === 0) return { code, state: 'PASSED', message: 'It holds no official data.' };
  return { code, state: officialDatasets > 0 ? 'WARNING' : 'PASSED', message: words.join(' ') };
}

/** What is in the published repository already. */
export async function checkClashes(
  { manifest, published, replaced, changed, who }: ClashSetting,
  all: readonly ManifestCollection[],
  ctx: QueryContext,
): Promise<PublicationCheck> {
  const code = 'CLASHES';
  const { repository, name } = published;
  // Whether others have published what has their names is not the submitter's to know: `NAMES` refuses these anyway.
  const isTheirs = (of: string) => ownerOfName(of) === null || ownsName(who, of);
  const collections = all.filter((info) => isTheirs(info.name));
  const infos = await repository.collections({ search: ['*'], includeChains: true }, ctx);
  const before = (await replaced?.collections()) ?? [];
  const replacedNames = new Set(before.filter(({ isOfficial }) => !isOfficial).map((info) => info.name));
  const taken = checkCollections(collections, new Map(infos.map((info) => [info.name, info])), replacedNames);
  if (taken.length > 0) {
    const message = `'${name}' has ${listed(taken)} already: choose other names, or submit a new version of that publication.`;
    return { code, state: 'FAILED', message };
  }
  if (changed > 0) {
    const message = `${changed} datasets have other files than in the version that is published: what has changed has to have a new UUID.`;
    return { code, state: 'FAILED', message };
  }
  for await (const datasets of manifest.datasets()) {
    const uuids = datasets.map(({ uuid }) => uuid);
    const there = await repository.datasets(uuids, ctx);
    const other = datasets.find((dataset) => {
      const row = there.get(dataset.uuid);
      return row && isTheirs(dataset.run) && identity(dataset) !== identity({ ...row, ...asManifest(row) });
    });
    if (!other) continue;
    const message = `Dataset ${other.uuid} is in '${name}' with another run, type or data ID.`;
    return { code, state: 'FAILED', message };
  }
  const conflict = await conflictingRecord(manifest, published, ctx);
  if (conflict !== null) return { code, state: 'FAILED', message: conflict };
  return {
    ...{ code, state: 'PASSED' },
    message: `Nothing in '${name}' has its names or its datasets, or its dimension records with other values.`,
  };
}

function asManifest({
  datasetType,
  values,
}: {
  readonly datasetType: Row['datasetType'];
  readonly values: Row['values'];
}) {
  return { datasetType: datasetType.name, dataId: requiredDataId(datasetType.dimensions, values) };
}

type Row = NonNullable<Awaited<ReturnType<Repository['findDataset']>>>;

function identity({ datasetType, run, dataId }: Pick<ManifestDataset, 'datasetType' | 'run' | 'dataId'>): string {
  return canonical({ datasetType, run, dataId });
}

/** Whether stock clients can read all files, without running what is in them. */
async function checkFormats(
  manifest: Manifest,
  { runningCode }: ContentsSummary,
  settings: PublishedSettings,
): Promise<PublicationCheck> {
  const code = 'FORMATS';
  const formatters = new Set<string>();
  const pickled = new Set<string>();
  const storageClasses = new Set((await manifest.datasetTypes()).map(({ storageClass }) => storageClass));
  for await (const datasets of manifest.datasets()) {
    for (const { datasetType, files } of datasets) {
      for (const { fileName, formatter, storageClass } of files) {
        formatters.add(formatter);
        storageClasses.add(storageClass);
        if (PICKLE.test(formatter) || PICKLED_FILE.test(fileName)) pickled.add(`${datasetType} (${storageClass})`);
      }
    }
  }
  const failed = (message: string) => ({ code, state: 'FAILED', message }) as const;
  if (pickled.size > 0) {
    return failed(
      `${listed([...pickled])}: their files are pickled, and reading these runs what is in them. Convert them: put them anew with Butler under a dataset type of another storage class, tables and arrays as ArrowAstropy, ArrowNumpy, ArrowNumpyDict or DataFrame (Parquet), other values as StructuredDataDict, and Packages as they are, in their own format (YAML).`,
    );
  }
  if (runningCode.length > 0) {
    return failed(
      `Datasets ${listed(runningCode)}: their files of a configuration have more Python in them than values of fields, which reading them would run. Put them anew with Butler.`,
    );
  }
  const running = [...formatters].filter((name) => RUNNING.has(name) && !settings.formatters.includes(name));
  if (running.length > 0) {
    return failed(
      `${listed(running)}: reading such files can run what is in them. Store them in another format, or ask the operator to allow it.`,
    );
  }
  const unknown = [...formatters].filter((name) => !isDefaultFormatter(name) && !settings.formatters.includes(name));
  if (unknown.length > 0) {
    return failed(
      `${listed(unknown)}: readers with the stock software have no such formatters. Store it in a common format.`,
    );
  }
  const classes = [...storageClasses].filter(
    (name) => defaultFormatter(name) === undefined && !settings.storageClasses.includes(name),
  );
  if (classes.length > 0) {
    return failed(
      `${listed(classes)}: readers with the stock software have no such storage classes. Use a common one.`,
    );
  }
  return { code, state: 'PASSED', message: 'Everybody with the stock software can read all of it.' };
}

/**
 * Records of instruments, detectors, filters, sky maps and so on, which servers read only once (`is_cached` in the universe):
 * of new ones, a stock server gives an error in the place of whatever has them.
 */
async function checkRestart(
  { manifest, published, settings }: CheckSetting,
  ctx: QueryContext,
): Promise<PublicationCheck> {
  const code = 'RESTART';
  const universe = await published.repository.universe(ctx);
  const coming = new Map<string, Set<string>>();
  const nameOf = (element: DimensionElement, fields: DimensionRecordRow['fields']) =>
    element.required.map((name) => String(fields[name === element.name ? element.primaryKey!.name : name])).join(' ');
  for await (const records of manifest.records()) {
    for (const { element, fields } of records) {
      const { isCached } = universe.element(element);
      if (!isCached) continue;
      const names = coming.get(element) ?? new Set();
      coming.set(element, names.add(nameOf(universe.element(element), fields)));
    }
  }
  const fresh: string[] = [];
  for (const [element, names] of coming) {
    for await (const rows of streamDimensionRecords([published.repository], { element }, ctx)) {
      for (const row of rows) names.delete(nameOf(row.element, row.fields));
    }
    fresh.push(...[...names].map((name) => `${element} ${name}`));
  }
  if (fresh.length === 0) return { code, state: 'PASSED', message: 'No server has to be restarted.' };
  if (settings.restart === 'none') {
    return { code, state: 'PASSED', message: `${listed(fresh)} are new, which no server here keeps in memory.` };
  }
  const message = `${listed(fresh)} are new: servers of '${published.name}' show them only after a restart, which the approval has to confirm.`;
  return { code, state: 'WARNING', message };
}
