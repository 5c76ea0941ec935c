/** `expand_data_id` of the RemoteButler protocol (query-semantics.md section 16). */
import { ButlerUserError } from '../../butler/errors.ts';
import type { DataId, DataIdValue } from '../../butler/data-id.ts';
import type { QueryContext, Repository } from '../../repository/repository.ts';
import type { DimensionRecordRow } from '../../repository/rows.ts';
import { recordsOfDataIds } from '../../repository/search/records-of-data-ids.ts';
import { dataIdText } from './wire-rows.ts';

/**
 * A data ID with implied values and records. What is no dimension in it is not looked at.
 * @throws ButlerUserError DATA_ID_VALUE where a record is not there, INCONSISTENT_DATA_ID where one says otherwise,
 * DIMENSION_NAME where a required value is missing
 */
export async function expandedDataId(repository: Repository, dataId: DataId, ctx: QueryContext): Promise<string> {
  const universe = await repository.universe(ctx);
  const given = new Map(Object.entries(dataId).filter(([name]) => universe.isDimension(name)));
  const group = universe.conform(given.keys());
  const missing = group.required.find((name) => !given.has(name));
  if (missing !== undefined) {
    throw new ButlerUserError('DIMENSION_NAME', `No value in data ID for required dimension ${missing}.`);
  }
  const values = group.required.map((name) => given.get(name)!);
  const [records] = await recordsOfDataIds(repository, group, [values], ctx);
  const implied = checkedImplied(group.implied, records!, given);
  for (const element of group.elements) {
    if (!element.isDimension || element.skypix || records!.some((record) => record.element === element)) continue;
    const keys = group.required.map((name, i) => `'${name}': ${literal(values[i]!)}`).join(', ');
    throw new ButlerUserError(
      'DATA_ID_VALUE',
      `Could not fetch record for dimension ${element.name} via keys {${keys}}.`,
    );
  }
  return `{"data_coordinate":${dataIdText(group, [...values, ...implied], records!)}}`;
}

function checkedImplied(
  names: readonly string[],
  records: readonly DimensionRecordRow[],
  given: ReadonlyMap<string, DataIdValue>,
): readonly DataIdValue[] {
  return names.map((name) => {
    const implying = records.find(({ element }) => element.implied.includes(name));
    const value = implying?.fields[name] as DataIdValue | undefined;
    const said = given.get(name);
    if (implying && value !== undefined && said !== undefined && String(said) !== String(value)) {
      throw new ButlerUserError(
        'INCONSISTENT_DATA_ID',
        `Data ID {${name}: ${literal(said)}} is inconsistent with the ${implying.element.name} record, which has ` +
          `${name}=${literal(value)}.`,
      );
    }
    return value ?? said ?? '';
  });
}

function literal(value: DataIdValue): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
