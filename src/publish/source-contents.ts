/** What a source has of what is submitted, taken into a manifest. */
import { satelliteOf } from '../access/grants.ts';
import { nameInAddresses, type OfferedRepository } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { owns } from '../access/readable.ts';
import { failpoint } from '../repository/failpoints.ts';
import type { QueryContext } from '../repository/repository.ts';
import { takeContents, type ContentsSummary } from './contents.ts';
import { hiddenInputs } from './hidden-inputs.ts';
import type { ManifestName } from './manifest-store.ts';
import { Measure } from './measure.ts';
import { addPackedHeader, packedInputs, packedStructure } from './packs/packed-source.ts';
import type { PublicationVersion } from './publication.ts';
import { officialAsFrozen, officialNames, publishedStructure, type PublishedStructure } from './structure.ts';
import type { SourcesOptions } from './sources.ts';

/** A version as it was submitted, wherever it has got to since. */
export type Submitted = Omit<PublicationVersion, 'state' | 'revision'>;

/** Why what was submitted is not what is there any more. */
export class SourceChangedError extends Error {
  override name = 'SourceChangedError';
}

/** Nothing has changed, but there is no room for it now. */
export class NoRoomError extends SourceChangedError {
  override name = 'NoRoomError';
}

/** What a manifest was made of, as the checks need it beside. */
export interface Taken {
  readonly summary: ContentsSummary;
  readonly structure: PublishedStructure;
  readonly official: readonly OfferedRepository[];
}

/**
 * Adds the official repositories that its data may be derived from: the one that the satellite was made from, all that its runs
 * could read, and all from which it has something, as nothing tells which of that was used for what; also those that whoever
 * submits it may not read any more.
 */
async function addInputs(
  { official: configured, madeFrom }: SourcesOptions,
  offered: OfferedRepository,
  source: PublicationVersion['source'],
  official: readonly OfferedRepository[],
  isOfficial: (names: readonly string[]) => Promise<ReadonlySet<string>>,
  used: Set<string>,
  ctx: QueryContext,
): Promise<void> {
  const made = await madeFrom(source);
  for (const { name } of configured) if (made.has(name)) used.add(name);
  const all = await offered.repository.collections({ search: ['*'], includeChains: true }, ctx);
  await isOfficial(all.map(({ name }) => name));
  const hidden = configured.filter(({ name }) => !used.has(name) && !official.some((one) => one.name === name));
  for (const name of await hiddenInputs(offered.repository, all, hidden, official, ctx)) used.add(name);
}

/**
 * Takes what of a repository is submitted.
 * @param known the manifest that was made of it before, where it is compared with that
 * @param rereadBytes see `MeasureSettings`
 * @throws SourceChangedError where the repository is not there, or not theirs, any more
 */
export async function takeSource(
  options: SourcesOptions,
  name: ManifestName,
  { source, repository, submittedBy }: Submitted,
  who: Identity,
  known: ManifestName | null,
  rereadBytes: number,
  progress: (datasets: number) => Promise<void>,
  ctx: QueryContext,
): Promise<Taken> {
  const { store, files } = options;
  const visible = await options.repositoriesOf(who);
  const offered = visible.find(source.repository);
  if (!offered || (satelliteOf(offered.resource ?? '') ?? null) !== source.satelliteId) {
    throw new SourceChangedError(`'${source.repository}' is not there any more, or was made anew.`);
  }
  if (!owns(who, offered)) {
    throw new SourceChangedError(`'${source.repository}' is not ${submittedBy}'s any more.`);
  }
  const official = visible.all.filter(({ kind }) => kind === 'OFFICIAL');
  const frozen = known && store.read(known, ctx.signal);
  // What came into the source after it was submitted is nothing that it was made from.
  const used = new Set((await frozen?.header())?.lineage.officialRepositories);
  const isOfficial = frozen
    ? officialAsFrozen(await frozen.collections())
    : officialNames(official, who, ctx, (one) => used.add(one));
  if (!frozen) await addInputs(options, offered, source, official, isOfficial, used, ctx);
  const structure = await publishedStructure(offered.repository, source.collections, isOfficial, ctx);
  const summary = await takeContents(
    {
      source: offered.repository,
      structure,
      search: source.search,
      universe: await options.published(repository).offered.repository.universe(ctx),
      measure: new Measure({ files, visible, repository: nameInAddresses(offered), rereadBytes }),
      known: (uuids) => (known ? store.witnesses(known, uuids, ctx.signal) : Promise.resolve(new Map())),
      isOfficial,
      officialRepositories: used,
      progress,
    },
    async (items) => {
      await store.add(name, items, ctx.signal);
      failpoint('publication:in-manifest');
    },
    ctx,
  );
  return { summary, structure, official };
}

/** Takes what was uploaded. @throws PackError where that is no pack that can be published */
export async function takePacked(
  { store, packs, repositoriesOf, official: configured, published }: SourcesOptions,
  name: ManifestName,
  { source, repository }: Submitted,
  upload: string,
  who: Identity,
  progress: (datasets: number) => Promise<void>,
  ctx: QueryContext,
): Promise<Taken> {
  const official = (await repositoriesOf(who)).all.filter(({ kind }) => kind === 'OFFICIAL');
  const universe = await published(repository).offered.repository.universe(ctx);
  const pack = await packs.examine(upload, name, universe, progress, ctx.signal);
  const isOfficial = officialNames(official, who, ctx, () => undefined);
  const names = pack.collections.map((info) => info.name);
  const structure = packedStructure(pack, source, await isOfficial(names));
  const inputs = await packedInputs(store.read(name, ctx.signal), configured, official, ctx);
  const summary = await addPackedHeader(name, pack, inputs, universe, store, ctx.signal);
  return { summary, structure, official };
}
