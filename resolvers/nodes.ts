/**
 * The objects behind GraphQL types that are rows of repositories.  Fields that follow from the row alone are getters:
 * both executors read them like plain properties, which matters for ten thousand rows; only what needs more has a
 * resolver.
 */
import { fullDataId, requiredDataId, type DataId } from '../src/butler/data-id.ts';
import type { DatasetType } from '../src/butler/dataset-type.ts';
import type { CollectionType } from '../src/butler/collection.ts';
import type { DataIdRow, DatasetRow, DimensionRecordRow, FieldValue } from '../src/repository/rows.ts';
import type { CollectionRow } from '../src/repository/search/search.ts';
import { toGlobalId } from './global-id.ts';

export class DatasetNode {
  readonly row: DatasetRow;

  constructor(row: DatasetRow) {
    this.row = row;
  }

  get id(): string {
    return toGlobalId('Dataset', this.row.repository, this.row.uuid);
  }

  get uuid(): string {
    return this.row.uuid;
  }

  get datasetType(): DatasetType {
    return this.row.datasetType;
  }

  get run(): string {
    return this.row.run;
  }

  get dataId(): DataId {
    return requiredDataId(this.row.datasetType.dimensions, this.row.values);
  }
}

export class DataIdNode {
  readonly row: DataIdRow;

  constructor(row: DataIdRow) {
    this.row = row;
  }

  get dataId(): DataId {
    return requiredDataId(this.row.dimensions, this.row.values);
  }

  get fullDataId(): DataId {
    return fullDataId(this.row.dimensions, this.row.values);
  }
}

export class DimensionRecordNode {
  readonly row: DimensionRecordRow;

  constructor(row: DimensionRecordRow) {
    this.row = row;
  }

  get element(): string {
    return this.row.element.name;
  }

  get dataId(): Readonly<Record<string, FieldValue>> {
    const { element, fields } = this.row;
    const column = (name: string) => (name === element.name ? element.primaryKey!.name : name);
    return Object.fromEntries(element.required.map((name) => [name, fields[column(name)]!]));
  }

  get values(): Readonly<Record<string, FieldValue>> {
    const { region: _region, timespan: _timespan, ...values } = this.row.fields;
    return values;
  }
}

export class CollectionNode {
  readonly row: CollectionRow;

  constructor(row: CollectionRow) {
    this.row = row;
  }

  get id(): string {
    return toGlobalId('Collection', this.row.repository, this.row.name);
  }

  get name(): string {
    return this.row.name;
  }

  get type(): CollectionType {
    return this.row.type;
  }

  get doc(): string | null {
    return this.row.doc === '' ? null : this.row.doc;
  }
}
