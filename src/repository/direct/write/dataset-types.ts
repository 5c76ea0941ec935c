/** Registering dataset types. */
import sql from 'sql-template-tag';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { SatelliteError } from '../../../butler/errors.ts';
import type { Universe } from '../../../butler/universe.ts';
import type { DatasetTypeDefinition } from '../../writeable-repository.ts';
import type { Transaction } from '../database.ts';
import { calibsTable, tagsTable } from '../schema/dataset-tables.ts';
import { defineTables } from '../schema/define.ts';
import { dimensionGroupKey } from './dimension-groups.ts';
import { checkDatasetTypeName, checkStorageClassName } from './names.ts';
import { insertCounted } from './sequences.ts';

/** A definition with its dimensions conformed. */
export interface CheckedDatasetType {
  readonly name: string;
  readonly dimensions: DimensionGroup;
  readonly storageClass: string;
  readonly isCalibration: boolean;
}

/** @throws SatelliteError BAD_USER_INPUT for names that cannot be, DIMENSION_NAME */
export function checkedDatasetType(universe: Universe, type: DatasetTypeDefinition): CheckedDatasetType {
  checkDatasetTypeName(universe, type.name);
  checkStorageClassName(type.storageClass);
  return { ...type, dimensions: universe.conform(type.dimensions) };
}

/**
 * Registers a dataset type, with the tables of its dimensions where they are not there.
 * @returns whether it is new
 * @throws SatelliteError CONFLICT where it is there with another definition
 */
export async function registerDatasetType(
  tx: Transaction,
  universe: Universe,
  type: CheckedDatasetType,
): Promise<boolean> {
  if (await isRegistered(tx, universe, type)) return false;
  const key = await dimensionGroupKey(tx, universe, type.dimensions);
  const tags = tagsTable(type.dimensions, Number(key));
  const calibs = calibsTable(type.dimensions, Number(key));
  await tx.define(defineTables(type.isCalibration ? [tags, calibs] : [tags], tx.dialect));
  const row = {
    name: type.name,
    storage_class: type.storageClass,
    dimensions_key: key,
    tag_association_table: tags.name,
    calibration_association_table: type.isCalibration ? calibs.name : null,
  };
  const id = await insertCounted(tx, 'dataset_type', 'id', row, sql`ON CONFLICT DO NOTHING`);
  return id !== undefined || !(await isRegistered(tx, universe, type));
}

/** @throws SatelliteError CONFLICT where it is there with another definition */
async function isRegistered(tx: Transaction, universe: Universe, type: CheckedDatasetType): Promise<boolean> {
  const [row] = await tx.all(sql`SELECT dimensions_key, storage_class, calibration_association_table
    FROM ${tx.table('dataset_type')} WHERE name = ${type.name}`);
  if (!row) return false;
  const [key, storageClass, calibs] = row;
  const names = await tx.all(sql`SELECT dimension_name FROM ${tx.table('dimension_graph_definition')}
    WHERE dimension_graph_id = ${BigInt(key as number | bigint)}`);
  const there = {
    ...type,
    dimensions: universe.conform(names.map(([name]) => name as string)),
    storageClass: storageClass as string,
    isCalibration: calibs !== null,
  };
  if (description(there) === description(type)) return true;
  throw new SatelliteError(
    'CONFLICT',
    `The dataset type '${type.name}' is registered already as ${description(there)}, not as ${description(type)}.`,
  );
}

function description({ dimensions, storageClass, isCalibration }: CheckedDatasetType): string {
  return `${isCalibration ? 'a calibration' : 'no calibration'} of ${storageClass} with the dimensions ${String(dimensions)}`;
}
