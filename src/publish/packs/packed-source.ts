/** What a pack says of official data, held against what there is. */
import type { OfferedRepository } from '../../access/policy.ts';
import { ownerOfName } from '../../access/readable.ts';
import type { Universe } from '../../butler/universe.ts';
import type { QueryContext } from '../../repository/repository.ts';
import { listed } from '../check-names.ts';
import type { ContentsSummary } from '../contents.ts';
import { headerItem } from '../items.ts';
import type { Manifest } from '../manifest.ts';
import type { ManifestName, ManifestStore } from '../manifest-store.ts';
import type { PublicationSource } from '../publication.ts';
import type { PublishedStructure } from '../structure.ts';
import { PackError } from './pack-format.ts';
import type { ExaminedPack } from './packs.ts';

/**
 * @param official those of its collections whose names are those of official ones
 * @throws PackError where a pack calls others official, or has more in it than what is to be published
 */
export function packedStructure(
  { header, collections }: ExaminedPack,
  source: Pick<PublicationSource, 'collections' | 'groups'>,
  official: ReadonlySet<string>,
): PublishedStructure {
  const said = new Set(collections.filter(({ isOfficial }) => isOfficial).map(({ name }) => name));
  const missed = [...official.difference(said)];
  if (missed.length > 0) {
    throw new PackError(
      `${listed(missed)} are official collections: pack it again with \`--official\` and their names.`,
    );
  }
  const invented = [...said.difference(official)];
  if (invented.length > 0) {
    throw new PackError(`${listed(invented)} are no official collections that you may read: pack what is in them too.`);
  }
  const byName = new Map(collections.map((info) => [info.name, info]));
  const missing = source.collections.filter((name) => !byName.has(name));
  if (missing.length > 0)
    throw new PackError(`${listed(missing)} are not in the pack, which has ${listed(header.collections)}.`);
  const reached = new Set<string>();
  // Each once, however many chains hold it.
  for (let asked = new Set(source.collections); asked.size > 0;) {
    for (const name of asked) reached.add(name);
    asked = new Set([...asked].flatMap((name) => byName.get(name)!.children)).difference(reached);
  }
  const others = collections.filter(({ name, type }) => type !== 'RUN' && !reached.has(name)).map(({ name }) => name);
  if (others.length > 0)
    throw new PackError(`${listed(others)} are in the pack, and not below what is to be published.`);
  // Whose members decide nothing about it, is known when it is submitted.
  const owners = new Set(source.groups.map(({ name }) => name));
  const foreign = collections.filter(({ name }) => {
    const owner = ownerOfName(name);
    return owner?.kind === 'group' && !owners.has(owner.name);
  });
  if (foreign.length > 0) {
    throw new PackError(
      `${listed(foreign.map(({ name }) => name))} are a group's: name one of its collections in "collections".`,
    );
  }
  return { collections, leaves: [], memberships: [], official, flattened: header.flattened };
}

/**
 * Official repositories that a pack counts as made from.  Nothing proves which: all that its submitter may read, and those of
 * the others that have one of its datasets.
 */
export async function packedInputs(
  manifest: Manifest,
  configured: readonly OfferedRepository[],
  visible: readonly OfferedRepository[],
  ctx: QueryContext,
): Promise<ReadonlySet<string>> {
  const inputs = new Set(visible.map(({ name }) => name));
  // Of those whose own server decides who reads, nobody else can ask.
  const hidden = configured.filter(({ name, admits }) => !inputs.has(name) && !admits);
  if (hidden.length === 0) return inputs;
  for await (const datasets of manifest.datasets()) {
    const uuids = datasets.map(({ uuid }) => uuid);
    for (const { name, repository } of hidden) {
      if (!inputs.has(name) && (await repository.datasets(uuids, ctx)).size > 0) inputs.add(name);
    }
  }
  return inputs;
}

/** Completes the manifest. @param inputs names of official repositories */
export async function addPackedHeader(
  name: ManifestName,
  { header, collections, datasets, bytes, registeredOnly, runningCode }: ExaminedPack,
  inputs: ReadonlySet<string>,
  { namespace, version }: Universe,
  store: ManifestStore,
  signal: AbortSignal,
): Promise<ContentsSummary> {
  const { officialDatasets } = header;
  const officialCollections = collections.filter(({ isOfficial }) => isOfficial).map((info) => info.name);
  const lineage = {
    officialRepositories: [...inputs].sort(),
    officialCollections: officialCollections.sort(),
    officialDatasets,
  };
  await store.add(name, [headerItem({ universe: { namespace, version }, datasets, bytes, lineage })], signal);
  return { datasets, bytes, officialDatasets, registeredOnly, unequal: [], runningCode };
}
