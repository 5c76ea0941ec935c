/** Data IDs as `expand_data_id` of the RemoteButler protocol gives them. */
import { ButlerUserError } from '../../butler/errors.ts';
import type { DataId, DataIdValue, DataIdValues } from '../../butler/data-id.ts';
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import type { DimensionElement } from '../../butler/universe.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { DimensionRecordRow } from '../../repository/rows.ts';
import { recordsOfDataIds } from '../../repository/search/records-of-data-ids.ts';
import { PixelRecords } from '../../repository/pixel-records.ts';
import { dataIdText } from './wire-rows.ts';

/** A data ID with implied values and records. What is no dimension in it is not looked at. @throws as `expandDataId` does */
export async function expandedDataId(repository: Repository, dataId: DataId, ctx: QueryContext): Promise<string> {
  const universe = await repository.universe(ctx);
  const given = new Map(Object.entries(dataId).filter(([name]) => universe.isDimension(name)));
  const { group, values, records } = await expandDataId(repository, universe.conform(given.keys()), given, ctx);
  const pixels = await new PixelRecords().ofDataId(group, values, repository.name);
  return `{"data_coordinate":${dataIdText(group, values, [...records, ...pixels])}}`;
}

/** A data ID with what its records tell. */
export interface ExpandedDataId {
  readonly group: DimensionGroup;
  /** In the order of `group.dataCoordinateKeys`. */
  readonly values: DataIdValues;
  readonly records: readonly DimensionRecordRow[];
}

/**
 * @param given values of at least the group's required dimensions
 * @throws ButlerUserError DATA_ID_VALUE where a record is not there, INCONSISTENT_DATA_ID where one says otherwise,
 * DIMENSION_NAME where a required value is missing
 */
export async function expandDataId(
  repository: Repository,
  group: DimensionGroup,
  given: ReadonlyMap<string, DataIdValue>,
  ctx: QueryContext,
): Promise<ExpandedDataId> {
  const missing = group.required.find((name) => !given.has(name));
  if (missing !== undefined) {
    throw new ButlerUserError('DIMENSION_NAME', `No value in data ID for required dimension ${missing}.`);
  }
  const required = group.required.map((name) => given.get(name)!);
  const [records] = await recordsOfDataIds(repository, group, [required], ctx);
  // Stock Butler looks at implied values where it has all of them.
  const looksAt = group.dataCoordinateKeys.every((name) => given.has(name)) ? group.dataCoordinateKeys : group.required;
  const keys = new Map(looksAt.map((name) => [name, given.get(name)!]));
  for (const element of inLookupOrder(group)) {
    const record = records!.find((candidate) => candidate.element.name === element.name);
    if (record) addImplied(keys, record);
    else if (element.alwaysJoin) {
      throw new ButlerUserError(
        'INCONSISTENT_DATA_ID',
        `Could not fetch record for element ${element.name} via keys ${pythonDict(keys)}, but it is marked as defining ` +
          'relationships; this means one or more dimensions have inconsistent values.',
      );
    } else if (element.isDimension && !element.skypix) {
      throw new ButlerUserError(
        'DATA_ID_VALUE',
        `Could not fetch record for dimension ${element.name} via keys ${pythonDict(keys)}.`,
      );
    }
  }
  return { group, values: group.dataCoordinateKeys.map((name) => keys.get(name)!), records: records! };
}

/** Elements in the order in which stock Butler looks their records up: what a dimension implies comes after it. */
function inLookupOrder(group: DimensionGroup): readonly DimensionElement[] {
  const order = new Set<DimensionElement>();
  const add = (name: string): void => {
    const element = group.universe.element(name);
    order.add(element);
    for (const implied of element.implied) add(implied);
  };
  for (const name of group.required) add(name);
  for (const element of group.elements) order.add(element);
  return [...order];
}

function addImplied(keys: Map<string, DataIdValue>, { element, fields }: DimensionRecordRow): void {
  for (const name of element.implied) {
    const value = fields[name] as DataIdValue | null | undefined;
    if (value === null || value === undefined) continue;
    const said = keys.get(name);
    if (said !== undefined && String(said) !== String(value)) {
      throw new ButlerUserError(
        'INCONSISTENT_DATA_ID',
        `Data ID ${pythonDict(keys)} has ${name}=${pythonLiteral(said)}, but ${element.name} implies ` +
          `${name}=${pythonLiteral(value)}.`,
      );
    }
    keys.set(name, value);
  }
}

/** A data ID as a Python dictionary. */
function pythonDict(keys: Iterable<readonly [string, DataIdValue]>): string {
  return `{${[...keys].map(([name, value]) => `'${name}': ${pythonLiteral(value)}`).join(', ')}}`;
}

/** A value of a data ID as Python writes it. */
export function pythonLiteral(value: DataIdValue): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
