/** Values beside their keys that records need for themselves: `detector.full_name`, `visit.name`, `skymap.hash`, … */
import { inBatches } from '../butler/in-batches.ts';
import type { Literal } from '../butler/query/expression.ts';
import type { Predicate } from '../butler/query/predicate.ts';
import { recordSpec } from '../butler/query/result-spec.ts';
import type { Column, DimensionElement } from '../butler/universe.ts';
import { joined } from '../repository/federated/probe.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { DimensionRecordRow } from '../repository/rows.ts';
import { queryOf } from '../repository/search/records-of-data-ids.ts';
import type { TransferConflict } from './service.ts';

/** Values that one query asks for. */
const VALUES_AT_ONCE = 1000;

/**
 * The records whose alternate keys belong to others, which no database would take: also where their own keys are free.
 * Reads only.
 * @param missing records that the repository does not have
 */
export async function alternateKeyConflicts(
  repository: Repository,
  missing: readonly DimensionRecordRow[],
  ctx: QueryContext,
): Promise<readonly TransferConflict[]> {
  const conflicts: TransferConflict[] = [];
  for (const [element, same] of Map.groupBy(missing, (record) => record.element)) {
    for (const alternate of element.alternateKeys) {
      const valued = same.filter(({ fields }) => (fields[alternate.name] ?? null) !== null);
      for (const records of inBatches(valued, VALUES_AT_ONCE)) {
        const owners = await recordsWith(repository, element, alternate, records, ctx);
        for (const record of records) {
          const owner = owners.get(uniqueText(record, alternate));
          if (!owner) continue;
          const value = record.fields[alternate.name];
          const shown = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
          const reason =
            `The ${element.name} record of {${keyText(record)}} has the ${alternate.name} '${shown}', which belongs to ` +
            `{${keyText(owner)}} in '${repository.name}'.`;
          conflicts.push({ reason });
        }
      }
    }
  }
  return conflicts;
}

/** The repository's records that have one of the values, by `uniqueText`. */
async function recordsWith(
  repository: Repository,
  element: DimensionElement,
  alternate: Column,
  records: readonly DimensionRecordRow[],
  ctx: QueryContext,
): Promise<ReadonlyMap<string, DimensionRecordRow>> {
  const member = { type: 'dimension_field', element: element.name, field: alternate.name } as const;
  const values = [...new Set(records.map(({ fields }) => fields[alternate.name]))];
  const container = values.filter((value) => typeof value === 'string').map(literal);
  // Hashes cannot be asked for: they are of sky maps, of which there are few.
  const isOne: readonly Predicate[] = container.length > 0 ? [{ type: 'in_container', member, container }] : [];
  const universe = await repository.universe(ctx);
  const query = joined(queryOf(universe.conform(element.required)), [], isOne);
  const found = new Map<string, DimensionRecordRow>();
  for await (const { rows } of repository.query(query, recordSpec(element.name), ctx)) {
    for (const row of rows) found.set(uniqueText(row, alternate), row);
  }
  return found;
}

function literal(value: string): Literal {
  return { type: 'string', value };
}

/** What no two records may have in common. */
function uniqueText({ element, fields }: DimensionRecordRow, alternate: Column): string {
  const value = fields[alternate.name];
  const shared = element.required.filter((name) => name !== element.name).map((name) => String(fields[name]));
  return [...shared, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)].join('\n');
}

function keyText(record: DimensionRecordRow): string {
  const { required, name, primaryKey } = record.element;
  return required.map((of) => `${of}=${String(record.fields[of === name ? primaryKey!.name : of])}`).join(', ');
}
