/** Which rows of a registry's tables are readable, as conditions in SQL. */
import sql, { join, type Sql } from 'sql-template-tag';
import type { DimensionElement, Universe } from '../../../butler/universe.ts';
import { column, dialectOf, identifier, type Dialect } from '../compile/dialect.ts';
import type { Database } from '../database.ts';
import type { CollectionRecord, CollectionSummary, Registry } from '../registry.ts';

/** The dataset types and RUNs of which a table of memberships has readable rows. */
type Pairs = readonly (readonly [datasetType: number, run: number])[];

/** A table of memberships that has readable rows. */
interface Carrier {
  readonly table: string;
  /** Its dimensions, in the order of its index, which begins with dataset type and collection. */
  readonly dimensions: readonly string[];
  readonly pairs: Pairs;
}

export interface ReadableRuns {
  /** All that there are, to name the tables of. */
  readonly whole: Registry;
  /** All readable collections. */
  readonly collections: readonly CollectionRecord[];
  readonly runs: readonly CollectionRecord[];
  /** Of the RUNs, by id. */
  readonly summaries: ReadonlyMap<number, CollectionSummary>;
  /** Table of the datastore's records. */
  readonly recordsTable: string;
}

/**
 * Conditions on rows of a table called `"whole"`.  The RUN that owns a dataset decides.  A dimension record is readable
 * where a readable dataset's data ID has it, by what it requires or by what is implied; records that no dataset has are not,
 * or the arrival of somebody's dataset would show in them.
 */
export class ReadableTables {
  readonly #dialect: Dialect;
  readonly #database: Database;
  readonly #universe: Universe;
  readonly #runs: ReadableRuns;
  readonly #carriers: readonly Carrier[];
  readonly #conditions = new Map<string, Sql>();

  constructor(database: Database, runs: ReadableRuns) {
    this.#dialect = dialectOf(database.dialect);
    this.#database = database;
    this.#universe = runs.whole.universe;
    this.#runs = runs;
    this.#carriers = carriersOf(runs);
  }

  /** @throws TypeError for a table that is not known to be restricted */
  condition(table: string): Sql {
    let condition = this.#conditions.get(table);
    if (!condition) this.#conditions.set(table, (condition = this.#newCondition(table)));
    return condition;
  }

  #newCondition(table: string): Sql {
    const { whole, collections, runs, recordsTable } = this.#runs;
    const types = [...whole.datasetTypes.values()];
    if (table === 'dataset') return this.#isRun('whole', 'run_id');
    if (table === recordsTable || types.some((t) => t.tagsTable === table || t.calibsTable === table)) {
      return sql`EXISTS (SELECT 1 FROM ${this.#database.table('dataset')} AS "owned"
        WHERE ${column('owned', 'id')} = ${column('whole', 'dataset_id')} AND ${this.#isRun('owned', 'run_id')})`;
    }
    if (table === 'collection') return this.#isOneOf('collection_id', collections);
    if (table.startsWith('collection_summary_')) return this.#isOneOf('collection_id', runs);
    if (table === 'dataset_type') {
      const ids = new Set(this.#carriers.flatMap(({ pairs }) => pairs.map(([id]) => id)));
      return this.#dialect.memberOf(column('whole', 'id'), 'int', [...ids]);
    }
    const ofElement = this.#universe.elements.find(
      ({ name, hasTable, skypix }) => hasTable && !skypix && (table === name || table === `${name}_skypix_overlap`),
    );
    if (!ofElement) throw new TypeError(`It is not known who may read which rows of the table '${table}'.`);
    const isOverlap = table !== ofElement.name;
    return this.#isVisible(ofElement, (name) =>
      isOverlap ? column('whole', name) : column('whole', keyColumn(ofElement, name)),
    );
  }

  #isRun(alias: string, name: string): Sql {
    return this.#dialect.memberOf(
      column(alias, name),
      'int',
      this.#runs.runs.map(({ id }) => id),
    );
  }

  #isOneOf(name: string, records: readonly CollectionRecord[]): Sql {
    return this.#dialect.memberOf(
      column('whole', name),
      'int',
      records.map(({ id }) => id),
    );
  }

  /** @param keyOf the value of a dimension that the element requires, of the record in question */
  #isVisible(element: DimensionElement, keyOf: (dimension: string) => Sql): Sql {
    const { required } = element;
    // those that always join are in no data ID themselves: they say how others belong together
    if (element.alwaysJoin) {
      const others = required.map((name) => this.#universe.element(name)).filter((other) => !this.#isVocabulary(other));
      const specific = others.filter(({ name }) => !others.some((o) => o.name !== name && o.required.includes(name)));
      return sql`(${join(
        specific.map((other) => this.#isVisible(other, keyOf)),
        ' AND ',
      )})`;
    }
    const isGrouping = this.#isVocabulary(element);
    const naming = this.#universe.elements.filter(
      (other) =>
        other.implied.includes(element.name) ||
        (isGrouping && other.alwaysJoin && other.required.includes(element.name)),
    );
    const carriers = this.#carriers.filter(({ dimensions }) => required.every((name) => dimensions.includes(name)));
    const reasons = [
      ...carriers.map((carrier) => this.#isCarried(carrier, required, keyOf)),
      ...naming.map((other) => this.#isNamed(other, required, keyOf)),
    ];
    return reasons.length === 0 ? this.#dialect.false : sql`(${join(reasons, ' OR ')})`;
  }

  /**
   * Whether a dimension only says in which ways others are grouped (visit systems): it is visible with what is grouped in
   * it, rather than the other way round.
   */
  #isVocabulary({ name, isDimension, isGovernor, temporalFamily, spatialFamily }: DimensionElement): boolean {
    if (!isDimension || isGovernor || temporalFamily !== undefined || spatialFamily !== undefined) return false;
    const { elements } = this.#universe;
    return (
      elements.some(({ alwaysJoin, required }) => alwaysJoin && required.includes(name)) &&
      !elements.some(({ implied }) => implied.includes(name))
    );
  }

  /**
   * Whether a readable dataset has these keys.  Tables have an index of each dimension's key, whose first rows tell; where
   * the index of data IDs begins with the keys, it is looked up in that for each dataset type and RUN, if they are few.
   */
  #isCarried({ table, dimensions, pairs }: Carrier, keys: readonly string[], keyOf: (name: string) => Sql): Sql {
    const dialect = this.#dialect;
    const indexed = this.#universe.element(keys.at(-1)!).required;
    const isSame = (name: string) => sql`${column('carrier', name)} = ${keyOf(name)}`;
    const isFirst = dimensions.slice(0, keys.length).every((name) => keys.includes(name));
    const conditions =
      isFirst && pairs.length <= LOOK_UPS
        ? [
            ...keys.map(isSame),
            sql`(${column('carrier', 'dataset_type_id')}, ${column('carrier', 'collection_id')}) IN (
              SELECT ${column('pair', 'type')}, ${column('pair', 'run')} FROM ${dialect.rows('pair', PAIR, pairs)})`,
          ]
        : [
            // of a combination, the last dimension has most values: its index leads to the fewest rows
            ...keys.map((name) => (indexed.includes(name) ? isSame(name) : dialect.unplanned(sql`(${isSame(name)})`))),
            dialect.unplanned(sql`(${this.#isRun('carrier', 'collection_id')})`),
          ];
    return sql`EXISTS (SELECT 1 FROM ${this.#database.table(table)} AS "carrier"
      WHERE ${join(conditions, ' AND ')})`;
  }

  /** Whether a visible record of another element has these keys. */
  #isNamed(other: DimensionElement, keys: readonly string[], keyOf: (name: string) => Sql): Sql {
    const alias = `by ${other.name}`;
    const keyOfOther = (name: string) => column(alias, keyColumn(other, name));
    const same = keys.map((name) => sql`${keyOfOther(name)} = ${keyOf(name)}`);
    return sql`EXISTS (SELECT 1 FROM ${this.#database.table(other.name)} AS ${identifier(alias)}
      WHERE ${join([...same, this.#isVisible(other, keyOfOther)], ' AND ')})`;
  }
}

/** Look-ups for one record, at most: of more RUNs, the rows that the record's own index leads to are fewer. */
const LOOK_UPS = 100;

const PAIR = [
  { name: 'type', type: 'int' },
  { name: 'run', type: 'int' },
] as const;

/** The column of an element's table that has the key of a dimension. */
function keyColumn({ name, primaryKey }: DimensionElement, dimension: string): string {
  return dimension === name ? primaryKey!.name : dimension;
}

function carriersOf({ whole, runs, summaries }: ReadableRuns): readonly Carrier[] {
  const types = new Map([...whole.datasetTypes.values()].map((type) => [type.id, type]));
  const carriers = new Map<string, { table: string; dimensions: readonly string[]; pairs: [number, number][] }>();
  for (const { id } of runs) {
    for (const typeId of summaries.get(id)?.datasetTypes ?? []) {
      const type = types.get(typeId);
      if (!type) continue;
      const { tagsTable: table, dimensions } = type;
      const carrier = carriers.get(table) ?? { table, dimensions: dimensions.required, pairs: [] };
      carriers.set(table, carrier);
      carrier.pairs.push([typeId, id]);
    }
  }
  return [...carriers.values()];
}
