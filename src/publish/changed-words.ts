/** What has changed in a source, in words. */
import { listed } from './check-names.ts';
import { readCollection, readDataset } from './items.ts';

const THINGS = {
  type: 'dataset types',
  collection: 'collections',
  record: 'dimension records',
  dataset: 'datasets',
  member: 'memberships of collections',
} as const;

/** @param section what is different. @param first some of it */
export function differenceOf(
  section: keyof typeof THINGS,
  { ADDED, REMOVED, CHANGED }: Readonly<Record<'ADDED' | 'REMOVED' | 'CHANGED', number>>,
  first: readonly { readonly content: string }[],
): string {
  const words = [
    ...(ADDED > 0 ? [`${ADDED} new`] : []),
    ...(REMOVED > 0 ? [`${REMOVED} gone`] : []),
    ...(CHANGED > 0 ? [`${CHANGED} changed`] : []),
  ];
  const names =
    section === 'dataset'
      ? first.map(({ content }) => readDataset(content).uuid)
      : section === 'collection'
        ? first.map(({ content }) => readCollection(content).name)
        : [];
  const which = names.length > 0 ? ` (${listed(names)})` : '';
  return `Since it was submitted, ${words.join(', ')} ${THINGS[section]}${which} in what it is made from.`;
}
