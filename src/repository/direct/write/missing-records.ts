/** Which dimension records rows need that are not there, for the words of a refusal. */
import type { DataIdValue } from '../../../butler/data-id.ts';
import { ButlerUserError } from '../../../butler/errors.ts';
import type { Universe } from '../../../butler/universe.ts';
import { columnsOf, dimensionColumns, keyText, rowsWithKeys, type Reads } from './reads.ts';
import { dataIdText } from './stored-values.ts';

/** How many missing records a message names. */
const NAMED = 10;

/**
 * The error for rows that a foreign key refused.
 * @param names dimensions, each with all that it requires
 * @param rows values of the dimensions
 * @returns undefined where no record is missing
 */
export async function missingRecordsError(
  reads: Reads,
  universe: Universe,
  what: string,
  names: readonly string[],
  rows: readonly (readonly DataIdValue[])[],
): Promise<ButlerUserError | undefined> {
  const missing: string[] = [];
  for (const name of names) {
    const element = universe.element(name);
    if (!element.hasTable) continue;
    const indexes = element.required.map((required) => names.indexOf(required));
    const wanted = new Map(
      rows.map((row) => {
        const key = indexes.map((i) => row[i]!);
        return [keyText(key), key];
      }),
    );
    const columns = element.required.map((r) => (r === name ? element.primaryKey!.name : r));
    const key = dimensionColumns(universe, element.required).map(({ type }, i) => ({ name: columns[i]!, type }));
    for (const row of await rowsWithKeys(reads, name, columnsOf(columns), key, [...wanted.values()])) {
      wanted.delete(keyText(row as readonly DataIdValue[]));
    }
    for (const values of wanted.values()) missing.push(`${name} (${dataIdText(element.required, values)})`);
  }
  if (missing.length === 0) return undefined;
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
  return new ButlerUserError(
    'DATA_ID_VALUE',
    `${what} without the dimension records that they need; insert these first: ${missing.slice(0, NAMED).join('; ')}${more}.`,
  );
}
