/** Items of a pack's manifest, which somebody else wrote: each is checked for what it is by itself. */
import { z } from 'zod';
import type { DataId } from '../../butler/data-id.ts';
import { SatelliteError } from '../../butler/errors.ts';
import { parseJson, stringifyJson } from '../../butler/json.ts';
import type { DimensionElement, Universe } from '../../butler/universe.ts';
import { UUID } from '../../butler/uuid.ts';
import { checkCollectionName, checkStorageClassName } from '../../repository/direct/write/names.ts';
import { checkedDatasetType, type CheckedDatasetType } from '../../repository/direct/write/dataset-types.ts';
import { elementRows } from '../../repository/direct/write/dimension-rows.ts';
import { storedDimensionValue } from '../../repository/direct/write/stored-values.ts';
import { readMember, readRecord, SECTIONS } from '../items.ts';
import type { ManifestCollection, ManifestDataset, ManifestMembership, ManifestRecord } from '../manifest.ts';
import { PackError } from './pack-format.ts';
import { shown } from './zip-directory.ts';

const TYPES = ['RUN', 'TAGGED', 'CHAINED', 'CALIBRATION'] as const;
const value = z.union([z.string(), z.int(), z.bigint()]);
const text = z.string().max(20_000);
const integer = z.union([z.int(), z.bigint()]);

const line = z.tuple([z.enum(SECTIONS).exclude(['header']), z.unknown()]);
const datasetType = z.strictObject({
  name: z.string(),
  dimensions: z.array(z.string()).max(100),
  storageClass: z.string(),
  isCalibration: z.boolean(),
});
const collection = z.strictObject({
  name: z.string(),
  type: z.enum(TYPES),
  doc: text,
  children: z.array(z.string()),
  isOfficial: z.boolean(),
});
const record = z.strictObject({ element: z.string(), fields: z.record(z.string(), z.unknown()) });
const file = z.strictObject({
  fileName: z.string().regex(/^[^/\\\p{C}]{1,255}$/u),
  size: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  formatter: z
    .string()
    .regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/)
    .max(300),
  storageClass: z.string(),
  component: z
    .string()
    .regex(/^\w{1,100}$/)
    .nullable(),
});
const dataset = z.strictObject({
  uuid: z.string().regex(UUID),
  datasetType: z.string(),
  run: z.string(),
  dataId: z.record(z.string(), value),
  files: z.array(file).max(1000),
});
const member = z.strictObject({
  collection: z.string(),
  uuid: z.string(),
  range: z.tuple([integer, integer]).nullable(),
});

export type PackLine = readonly [section: 'type' | 'collection' | 'record' | 'dataset' | 'member', content: unknown];

/** @throws PackError naming the line */
export function readLine(number: number, written: string): PackLine {
  return understood(`line ${number}`, () => line.parse(parseJson(written)) as PackLine);
}

export function readPackedType(universe: Universe, content: unknown): CheckedDatasetType {
  return understood('a dataset type', () => {
    const type = datasetType.parse(content);
    const checked = checkedDatasetType(universe, type);
    const { required } = checked.dimensions;
    if (required.length === type.dimensions.length && required.every((name) => type.dimensions.includes(name))) {
      return checked;
    }
    throw new PackError(`Dataset type '${type.name}' is identified by {${required.join(', ')}}, and not as it says.`);
  });
}

export function readPackedCollection(content: unknown): ManifestCollection {
  return understood('a collection', () => {
    const found = collection.parse(content);
    // Official names are as they are.
    if (!found.isOfficial) checkCollectionName(found.name);
    if (found.children.length > 0 && (found.type !== 'CHAINED' || found.isOfficial)) {
      throw new PackError(`Collection '${shown(found.name)}' has children, and is no chain of one's own.`);
    }
    if (new Set(found.children).size < found.children.length) {
      throw new PackError(`Chain '${shown(found.name)}' holds a collection twice.`);
    }
    return found;
  });
}

export function readPackedRecord(universe: Universe, content: unknown): ManifestRecord & { element: string } {
  return understood('a dimension record', () => {
    record.parse(content);
    const found = readRecord(stringifyJson(content));
    const element = universe.element(found.element);
    const known = columnsOf(element);
    const other = Object.keys(found.fields).find((name) => !known.has(name));
    if (other !== undefined)
      throw new PackError(`A record of '${found.element}' has an unknown column '${shown(other)}'.`);
    const span = found.fields['timespan'] ?? null;
    if (span !== null && (typeof span !== 'object' || !('begin' in span))) {
      throw new PackError(`A record of '${found.element}' has a timespan that is none.`);
    }
    // Checks every value.
    elementRows(universe, 'sqlite', [{ element, fields: found.fields, repository: '' }], 'FAIL');
    return found;
  });
}

/** @param typeOf throws where there is no such type */
export function readPackedDataset(
  universe: Universe,
  typeOf: (name: string) => CheckedDatasetType,
  content: unknown,
): ManifestDataset {
  return understood('a dataset', () => {
    const found = dataset.parse(content);
    const { required } = typeOf(found.datasetType).dimensions;
    const given = Object.keys(found.dataId);
    if (given.length !== required.length || !required.every((name) => given.includes(name))) {
      throw new PackError(
        `Dataset ${found.uuid} has values of {${shown(given.join(', '))}}, and needs {${required.join(', ')}}.`,
      );
    }
    for (const name of required) storedDimensionValue(name, universe.element(name).primaryKey!, found.dataId[name]);
    for (const { storageClass } of found.files) checkStorageClassName(storageClass);
    const components = found.files.map((one) => one.component);
    if (new Set(components).size < components.length || (components.includes(null) && components.length > 1)) {
      throw new PackError(`Dataset ${found.uuid} has two files for one thing.`);
    }
    return { ...found, dataId: inOrder(found.dataId, required) };
  });
}

export function readPackedMember(content: unknown): ManifestMembership {
  return understood('a membership', () => {
    member.parse(content);
    const found = readMember(stringifyJson(content));
    if (found.timespan && found.timespan.begin >= found.timespan.end) {
      throw new PackError(`Dataset ${found.uuid} is valid for no time in '${shown(found.collection)}'.`);
    }
    return found;
  });
}

/** Names of all columns that a record can have. */
function columnsOf({ name: own, primaryKey, required, implied, fields }: DimensionElement): ReadonlySet<string> {
  const key = primaryKey ? [primaryKey.name] : [];
  return new Set([...required.filter((name) => name !== own), ...key, ...implied, ...fields.keys()]);
}

function inOrder(dataId: DataId, names: readonly string[]): DataId {
  return Object.fromEntries(names.map((name) => [name, dataId[name]!]));
}

function understood<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PackError) throw error;
    if (error instanceof SatelliteError)
      throw new PackError(`The manifest of the pack has ${what} that cannot be: ${error.message}`);
    if (error instanceof z.ZodError) {
      const [issue] = error.issues;
      const where = issue?.path.join('.') ?? '';
      throw new PackError(
        `The manifest of the pack has ${what} that is not as it should be: ${shown(`${where} ${issue?.message ?? ''}`.trim())}.`,
      );
    }
    throw new PackError(`The manifest of the pack has ${what} that cannot be read.`, { cause: error });
  }
}
