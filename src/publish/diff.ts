/** What is different in a version from the one before. */
import { listed } from './check-names.ts';
import { canonical, readCollection, readDataset, readType } from './items.ts';
import type { ManifestStore } from './manifest-store.ts';
import type { PublicationVersion } from './publication.ts';
import type { PublicationDiff } from './service.ts';

const NAMED = 100;

export async function diffOf(
  before: PublicationVersion,
  after: PublicationVersion,
  store: ManifestStore,
  signal: AbortSignal,
): Promise<PublicationDiff> {
  const { counts, first } = await store.differences(before, after, 'dataset', NAMED, signal);
  const types = await store.differences(before, after, 'type', NAMED, signal);
  const collections = await store.differences(before, after, 'collection', NAMED, signal);
  const said = (['title', 'description', 'licence', 'readers'] as const).filter(
    (name) => canonical(before[name]) !== canonical(after[name]),
  );
  return {
    from: before.version,
    added: counts.ADDED,
    removed: counts.REMOVED,
    changed: counts.CHANGED,
    datasets: first.map(({ change, content }) => ({ uuid: readDataset(content).uuid, change })),
    other: [
      ...wordsOf(
        'Collections',
        collections.first.map(({ change, content }) => ({ change, name: readCollection(content).name })),
      ),
      ...wordsOf(
        'Dataset types',
        types.first.map(({ change, content }) => ({ change, name: readType(content).name })),
      ),
      ...said.map((name) => `Another ${name}: ${canonical(after[name])} instead of ${canonical(before[name])}.`),
    ],
  };
}

const WORDS = { ADDED: 'added', REMOVED: 'left out', CHANGED: 'changed' } as const;

function wordsOf(
  what: string,
  changes: readonly { readonly change: keyof typeof WORDS; readonly name: string }[],
): readonly string[] {
  return [...Map.groupBy(changes, ({ change }) => change)].map(
    ([change, same]) => `${what} ${WORDS[change]}: ${listed(same.map(({ name }) => name))}.`,
  );
}
