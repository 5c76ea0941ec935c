/** Tables that every repository has beside those of its dimensions. */
import type { Universe } from '../../../butler/universe.ts';
import { dimensionParts } from './dimension-columns.ts';
import { dimensionTables } from './dimension-tables.ts';
import { references, table, type Table } from './table.ts';

/** Name of the datastore's table, as every repository's configuration has it. */
export const FILE_RECORDS_TABLE = 'file_datastore_records';

/**
 * All tables of a new repository, each after those that it refers to.  That of file records is one of them, though stock
 * Python makes it only when a repository is first opened for writing.
 */
export function repositoryTables(universe: Universe): readonly Table[] {
  return [attributes, ...dimensionTables(universe), ...registryTables(universe), ...datastoreTables];
}

const attributes = table('butler_attributes', {
  columns: [
    { name: 'name', type: 'string' },
    { name: 'value', type: 'string' },
  ],
  primaryKey: ['name'],
});

const toCollection = references('collection', ['collection_id'], { cascades: true });

function registryTables(universe: Universe): readonly Table[] {
  return [
    table('dimension_graph_key', { columns: [{ name: 'id', type: 'auto id' }], primaryKey: ['id'] }),
    table('dimension_graph_definition', {
      columns: [
        { name: 'dimension_graph_id', type: 'int' },
        { name: 'dimension_name', type: 'string' },
      ],
      primaryKey: ['dimension_graph_id', 'dimension_name'],
      foreignKeys: [references('dimension_graph_key', ['dimension_graph_id'], { target: ['id'], cascades: true })],
    }),
    table('collection', {
      columns: [
        { name: 'collection_id', type: 'auto id' },
        { name: 'name', type: 'string' },
        { name: 'type', type: 'small int' },
        { name: 'doc', type: 'string', nullable: true },
      ],
      primaryKey: ['collection_id'],
      unique: [['name']],
    }),
    table('run', {
      columns: [
        { name: 'collection_id', type: 'int' },
        { name: 'host', type: 'string', nullable: true },
        { name: 'timespan', type: 'timespan', nullable: true },
      ],
      primaryKey: ['collection_id'],
      foreignKeys: [toCollection],
    }),
    table('collection_chain', {
      columns: [
        { name: 'parent', type: 'int' },
        { name: 'position', type: 'small int' },
        { name: 'child', type: 'int' },
      ],
      primaryKey: ['parent', 'position'],
      foreignKeys: [
        references('collection', ['parent'], { target: ['collection_id'], cascades: true }),
        references('collection', ['child'], { target: ['collection_id'] }),
      ],
    }),
    datasetType,
    dataset,
    table('collection_summary_dataset_type', {
      columns: [
        { name: 'collection_id', type: 'int' },
        { name: 'dataset_type_id', type: 'int' },
      ],
      primaryKey: ['collection_id', 'dataset_type_id'],
      foreignKeys: [toCollection, references('dataset_type', ['dataset_type_id'], { target: ['id'], cascades: true })],
    }),
    ...universe.governors.map((governor) => {
      const { columns, foreignKeys } = dimensionParts(universe, [governor]);
      return table(`collection_summary_${governor}`, {
        columns: [{ name: 'collection_id', type: 'int' }, ...columns],
        primaryKey: ['collection_id', governor],
        foreignKeys: [toCollection, ...foreignKeys],
      });
    }),
  ];
}

const datasetType = table('dataset_type', {
  columns: [
    {
      name: 'id',
      type: 'auto id',
      comment:
        'Autoincrement ID that uniquely identifies a dataset type in other tables.  Python code outside the ' +
        '`Registry` class should never interact with this; its existence is considered an implementation detail.',
    },
    { name: 'name', type: 'string', comment: 'String name that uniquely identifies a dataset type.' },
    {
      name: 'storage_class',
      type: 'string',
      comment:
        'Name of the storage class associated with all datasets of this type.  Storage classes are generally ' +
        'associated with a Python class, and are enumerated in butler configuration.',
    },
    {
      name: 'dimensions_key',
      type: 'int',
      comment: 'Unique key for the set of dimensions that identifies datasets of this type.',
    },
    {
      name: 'tag_association_table',
      type: 'string',
      comment: 'Name of the table that holds associations between datasets of this type and most types of collections.',
    },
    {
      name: 'calibration_association_table',
      type: 'string',
      nullable: true,
      comment:
        'Name of the table that holds associations between datasets of this type and CALIBRATION collections.  ' +
        'NULL values indicate dataset types with isCalibration=False.',
    },
  ],
  primaryKey: ['id'],
  unique: [['name']],
});

const dataset = table('dataset', {
  columns: [
    { name: 'id', type: 'uuid', comment: 'A unique field used as the primary key for dataset.' },
    {
      name: 'dataset_type_id',
      type: 'int',
      comment: 'Reference to the associated entry in the dataset_type table.',
    },
    { name: 'ingest_date', type: 'int', comment: 'Time of dataset ingestion.' },
    { name: 'run_id', type: 'int' },
  ],
  primaryKey: ['id'],
  foreignKeys: [
    references('dataset_type', ['dataset_type_id'], { target: ['id'] }),
    references('run', ['run_id'], { target: ['collection_id'], cascades: true }),
  ],
});

const datastoreName = {
  name: 'datastore_name',
  type: 'string',
  comment: 'Name of the Datastore this entry corresponds to.',
} as const;

const datastoreTables: readonly Table[] = [
  table('dataset_location', {
    columns: [datastoreName, { name: 'dataset_id', type: 'uuid' }],
    primaryKey: ['datastore_name', 'dataset_id'],
    foreignKeys: [references('dataset', ['dataset_id'], { target: ['id'] })],
    comment:
      'A table that provides information on whether a dataset is stored in one or more Datastores.  The presence or ' +
      'absence of a record in this table itself indicates whether the dataset is present in that Datastore. ',
  }),
  table('dataset_location_trash', {
    columns: [{ name: 'dataset_id', type: 'uuid' }, datastoreName],
    primaryKey: ['dataset_id', 'datastore_name'],
    comment: 'A table that keeps iinformation about datasets that are removed from Datastores.',
  }),
  table('opaque_meta', { columns: [{ name: 'table_name', type: 'string' }], primaryKey: ['table_name'] }),
  fileRecordsTable(FILE_RECORDS_TABLE),
];

/** Of a datastore's files; an opaque table to stock Butler, whose name a configuration can choose. */
export function fileRecordsTable(name: string): Table {
  return table(name, {
    columns: [
      { name: 'dataset_id', type: 'uuid' },
      { name: 'path', type: 'string' },
      { name: 'formatter', type: 'string' },
      { name: 'storage_class', type: 'string' },
      { name: 'component', type: 'string', length: 32 },
      { name: 'checksum', type: 'string', nullable: true },
      { name: 'file_size', type: 'int', nullable: true },
    ],
    primaryKey: ['dataset_id', 'component'],
    indexes: [['path']],
  });
}
