/** Tables that a dimension group has once there is a dataset type of it. */
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { dimensionColumn, dimensionForeignKey } from './dimension-columns.ts';
import { references, table, type Table, type TableColumn } from './table.ts';

/** `dataset_tags_KKKKKKKK`: memberships in RUN and TAGGED collections. @param key `dimension_graph_key.id`, 0 for no dimensions */
export function tagsTable(group: DimensionGroup, key: number): Table {
  return table(`dataset_tags_${digits(key)}`, {
    columns: membershipColumns(group),
    primaryKey: ['dataset_id', 'collection_id'],
    unique: [['dataset_type_id', 'collection_id', ...group.required]],
    foreignKeys: membershipForeignKeys(group),
  });
}

/** `dataset_calibs_KKKKKKKK`: memberships in CALIBRATION collections, with their validity ranges. */
export function calibsTable(group: DimensionGroup, key: number): Table {
  return table(`dataset_calibs_${digits(key)}`, {
    columns: [
      { name: 'id', type: 'auto id' },
      ...membershipColumns(group),
      { name: 'timespan', type: 'timespan', unboundedByDefault: true },
    ],
    primaryKey: ['id'],
    foreignKeys: membershipForeignKeys(group),
    indexes: [['dataset_type_id', 'collection_id', ...group.required, 'timespan']],
  });
}

function digits(key: number): string {
  return String(key).padStart(8, '0');
}

function membershipColumns(group: DimensionGroup): readonly TableColumn[] {
  return [
    { name: 'dataset_type_id', type: 'int' },
    { name: 'dataset_id', type: 'uuid' },
    { name: 'collection_id', type: 'int' },
    ...group.required.map((name) => dimensionColumn(group.universe.element(name))),
  ];
}

function membershipForeignKeys(group: DimensionGroup) {
  return [
    references('dataset_type', ['dataset_type_id'], { target: ['id'] }),
    references('dataset', ['dataset_id'], { target: ['id'], cascades: true }),
    references('collection', ['collection_id'], { cascades: true }),
    references('collection_summary_dataset_type', ['collection_id', 'dataset_type_id']),
    ...group.required.flatMap((name) => {
      const dimension = group.universe.element(name);
      const summary = references(`collection_summary_${name}`, ['collection_id', name]);
      return [...dimensionForeignKey(dimension), ...(dimension.isGovernor ? [summary] : [])];
    }),
  ];
}
