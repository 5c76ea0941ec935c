/** Items of a manifest as text: canonical JSON, equal for equal content, whose digest is what a reviewer approves. */
import { createHash } from 'node:crypto';
import { parseJson, stringifyJson } from '../butler/json.ts';
import type { FieldValue } from '../repository/rows.ts';
import type { DatasetTypeDefinition } from '../repository/writeable-repository.ts';
import type {
  ManifestCollection,
  ManifestDataset,
  ManifestHeader,
  ManifestMembership,
  ManifestRecord,
} from './manifest.ts';

/** Parts of a manifest, in the order of the digest. */
export const SECTIONS = ['header', 'type', 'collection', 'record', 'dataset', 'member'] as const;
export type Section = (typeof SECTIONS)[number];

/** One item as the state keeps it. */
export interface Item {
  readonly section: Section;
  /** Small hexadecimal digits: every database orders them alike. */
  readonly item: string;
  readonly content: string;
  /** What tells cheaply that the files behind it are still the same; not part of the manifest. */
  readonly witness: string | null;
}

export function headerItem(header: ManifestHeader): Item {
  return { section: 'header', item: '0', content: canonical(header), witness: null };
}

export function typeItem(type: DatasetTypeDefinition): Item {
  return { section: 'type', item: keyOf(type.name), content: canonical(type), witness: null };
}

export function collectionKey(name: string): string {
  return keyOf(name);
}

export function collectionItem(collection: ManifestCollection): Item {
  return { section: 'collection', item: collectionKey(collection.name), content: canonical(collection), witness: null };
}

/** @param order of the element in its universe */
export function recordItem({ element, fields }: ManifestRecord, order: number, dataId: readonly unknown[]): Item {
  const content = canonical({ element, fields: Object.fromEntries(Object.entries(fields).map(writeField)) });
  return { section: 'record', item: recordKey(element, order, dataId), content, witness: null };
}

/** @param dataId values of what the element requires, in the order of its universe. @param order of the element in that */
export function recordKey(element: string, order: number, dataId: readonly unknown[]): string {
  return `${order.toString().padStart(4, '0')}${keyOf(element, ...dataId.map((value) => String(value)))}`;
}

export function datasetItem(dataset: ManifestDataset, witness: string | null): Item {
  return { section: 'dataset', item: datasetKey(dataset.uuid), content: canonical(dataset), witness };
}

export function memberItem({ collection, uuid, timespan }: ManifestMembership): Item {
  const range = timespan && [timespan.begin, timespan.end];
  const item = keyOf(collection, uuid, range ? range.join(' ') : '');
  return { section: 'member', item, content: canonical({ collection, uuid, range }), witness: null };
}

export function datasetKey(uuid: string): string {
  return uuid.toLowerCase().replaceAll('-', '');
}

export function readHeader(content: string): ManifestHeader {
  return JSON.parse(content) as ManifestHeader;
}

export function readType(content: string): DatasetTypeDefinition {
  return JSON.parse(content) as DatasetTypeDefinition;
}

export function readCollection(content: string): ManifestCollection {
  return JSON.parse(content) as ManifestCollection;
}

export function readDataset(content: string): ManifestDataset {
  return parseJson(content) as unknown as ManifestDataset;
}

export function readMember(content: string): ManifestMembership {
  const { collection, uuid, range } = parseJson(content) as unknown as {
    readonly collection: string;
    readonly uuid: string;
    readonly range: readonly [number | bigint, number | bigint] | null;
  };
  return { collection, uuid, timespan: range && { begin: BigInt(range[0]), end: BigInt(range[1]) } };
}

export function readRecord(content: string): ManifestRecord {
  const { element, fields } = parseJson(content) as unknown as {
    readonly element: string;
    readonly fields: Readonly<Record<string, WrittenField>>;
  };
  return { element, fields: Object.fromEntries(Object.entries(fields).map(readField)) };
}

/** JSON with the names of every object in order. */
export function canonical(value: unknown): string {
  return stringifyJson(ordered(value));
}

/** Digest of a manifest whose items are told in the order of their sections and keys. */
export class ManifestDigest {
  readonly #hash = createHash('sha256');

  /** @param terms what is approved beside the items: readers, title and so on */
  constructor(terms: unknown) {
    this.#hash.update(`${canonical(terms)}\n`);
  }

  add({ section, content }: Pick<Item, 'section' | 'content'>): void {
    this.#hash.update(`${section} ${content}\n`);
  }

  hex(): string {
    return this.#hash.digest('hex');
  }
}

type WrittenField =
  | string
  | number
  | bigint
  | boolean
  | null
  | { readonly $bytes: string }
  | { readonly $float: string }
  | { readonly $timespan: readonly [number | bigint, number | bigint] };

function writeField([name, value]: readonly [string, FieldValue]): [string, WrittenField] {
  if (typeof value === 'number' && !Number.isFinite(value)) return [name, { $float: String(value) }];
  if (typeof value !== 'object' || value === null) return [name, value];
  if (value instanceof Uint8Array) return [name, { $bytes: Buffer.from(value).toString('hex') }];
  return [name, { $timespan: [value.begin, value.end] }];
}

function readField([name, value]: readonly [string, WrittenField]): [string, FieldValue] {
  if (typeof value !== 'object' || value === null) return [name, value];
  if ('$bytes' in value) return [name, new Uint8Array(Buffer.from(value.$bytes, 'hex'))];
  if ('$float' in value) return [name, Number(value.$float)];
  const [begin, end] = value.$timespan;
  return [name, { begin: BigInt(begin), end: BigInt(end) }];
}

function keyOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, item]) => [name, ordered(item)]));
}
