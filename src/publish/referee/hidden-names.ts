/** What a referee is not told: the names of those whose publication it is, wherever they stand. */
import { ownerOfName } from '../../access/readable.ts';
import type { DataId } from '../../butler/data-id.ts';
import type { DatasetTypeDefinition } from '../../repository/writeable-repository.ts';
import type { Manifest, ManifestCollection, ManifestDataset, ManifestFile, ManifestRecord } from '../manifest.ts';
import type { CheckCode, PublicationCheck, PublicationVersion } from '../publication.ts';

/** Gives a text without the names. */
export type Hide = (text: string) => string;

/** From so many letters on, a name is hidden within words too: shorter ones are in too many that have nothing to do with it. */
const WITHIN_WORDS = 4;

/**
 * Names of users and groups that have a part in any version, those in names of collections included.
 * @param collections of the version that is shown
 */
export function namesToHide(
  versions: readonly PublicationVersion[],
  collections: readonly ManifestCollection[],
): readonly string[] {
  const found = versions.flatMap(({ owner, group, submittedBy, claimedBy, approvedBy, readers, source }) => [
    ...[owner, submittedBy, ...(group === null ? [] : [group])],
    ...[...readers.users, ...readers.groups, claimedBy, approvedBy].filter((name) => name !== null),
    ...source.groups.map(({ name }) => name),
    ...source.collections.flatMap((name) => ownerOfName(name)?.name ?? []),
  ]);
  const owners = collections.flatMap(({ name, isOfficial }) => (isOfficial ? [] : (ownerOfName(name)?.name ?? [])));
  return [...new Set([...found, ...owners])].filter((name) => name !== '');
}

/**
 * The first name becomes `hidden`, the others `hidden-2` and so on, so that what was different stays so: as words, and from
 * four letters on within words too, in any case.
 */
export function hideNames(names: readonly string[]): Hide {
  if (names.length === 0) return (text) => text;
  const places = new Map(names.map((name, i) => [name.toLowerCase(), i === 0 ? 'hidden' : `hidden-${i + 1}`]));
  const longestFirst = [...places.keys()].sort((a, b) => b.length - a.length);
  const forms = longestFirst.map((name) => {
    const literal = name.replace(/[^a-z0-9_]/g, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
    return name.length < WITHIN_WORDS ? `(?<![a-z0-9])${literal}(?![a-z0-9])` : literal;
  });
  const pattern = new RegExp(forms.join('|'), 'giu');
  return (text) => text.replace(pattern, (name) => places.get(name.toLowerCase()) ?? 'hidden');
}

/** Of which only the state is shown. */
const HIDDEN: ReadonlyMap<CheckCode, string> = new Map([
  // By grants that nothing in the versions tells of, too.
  ['READERS', 'What was found names its readers, and is not shown here.'],
  ['INPUT_RIGHTS', 'What was found names its readers, and is not shown here.'],
  ['SIZE', 'What was found tells how much else its owner has, and is not shown here.'],
]);

export function hiddenCheck({ code, state, message }: PublicationCheck, hide: Hide): PublicationCheck {
  return { code, state, message: HIDDEN.get(code) ?? hide(message) };
}

/** The same manifest, with names hidden. */
export function hiddenManifest(manifest: Manifest, hide: Hide): Manifest {
  return {
    header: () => manifest.header(),
    datasetTypes: async () => (await manifest.datasetTypes()).map((type) => hiddenType(type, hide)),
    collections: async () => (await manifest.collections()).map((info) => hiddenCollection(info, hide)),
    async *records() {
      for await (const page of manifest.records()) {
        yield page.map(({ element, fields }) => {
          const values = Object.entries(fields).map(([name, value]) => [
            name,
            typeof value === 'string' ? hide(value) : value,
          ]);
          return { element, fields: Object.fromEntries(values) as ManifestRecord['fields'] };
        });
      }
    },
    async *datasets(after) {
      for await (const page of manifest.datasets(after)) yield page.map((dataset) => hiddenDataset(dataset, hide));
    },
    async *memberships() {
      for await (const page of manifest.memberships()) {
        yield page.map((member) => ({ ...member, collection: hide(member.collection) }));
      }
    },
  };
}

function hiddenType(type: DatasetTypeDefinition, hide: Hide): DatasetTypeDefinition {
  return { ...type, name: hide(type.name), storageClass: hide(type.storageClass) };
}

function hiddenCollection({ name, doc, children, ...info }: ManifestCollection, hide: Hide): ManifestCollection {
  return { ...info, name: hide(name), doc: hide(doc), children: children.map(hide) };
}

function hiddenDataset({ uuid, datasetType, run, dataId, files }: ManifestDataset, hide: Hide): ManifestDataset {
  const values = Object.entries(dataId).map(([name, value]) => [name, typeof value === 'string' ? hide(value) : value]);
  return {
    uuid,
    datasetType: hide(datasetType),
    run: hide(run),
    dataId: Object.fromEntries(values) as DataId,
    files: files.map((file) => hiddenFile(file, hide)),
  };
}

function hiddenFile({ fileName, formatter, storageClass, ...file }: ManifestFile, hide: Hide): ManifestFile {
  return { ...file, fileName: hide(fileName), formatter: hide(formatter), storageClass: hide(storageClass) };
}
