/** Which rows of a registry's tables are readable, as conditions in SQL. */
import sql, { join, type Sql } from 'sql-template-tag';
import type { DimensionElement, Universe } from '../../../butler/universe.ts';
import { column, dialectOf, type Dialect } from '../compile/dialect.ts';
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
    const keyOf = (name: string) =>
      column('whole', name === ofElement.name && !isOverlap ? ofElement.primaryKey!.name : name);
    return this.#isVisible(ofElement, keyOf);
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

  /** @param keyOf the column with the key of a dimension that the element requires */
  #isVisible(element: DimensionElement, keyOf: (dimension: string) => Sql): Sql {
    // those that always join are in no data ID themselves: they say how others belong together
    if (element.alwaysJoin) {
      const others = element.required.filter((name) => !this.#isVocabulary(this.#universe.element(name)));
      return join(
        others.map((name) => this.#isVisible(this.#universe.element(name), keyOf)),
        ' AND ',
      );
    }
    const { required } = element;
    const carriers = this.#carriers.filter(({ dimensions }) => required.every((name) => dimensions.includes(name)));
    const isGrouping = this.#isVocabulary(element);
    const naming = this.#universe.elements.filter(
      (other) =>
        other.implied.includes(element.name) ||
        (isGrouping && other.alwaysJoin && other.required.includes(element.name)),
    );
    const sources = [
      ...carriers.map((carrier) => this.#carried(carrier, required)),
      ...naming.map((other) => this.#named(other, required)),
    ];
    if (sources.length === 0) return this.#dialect.false;
    const keys = required.map(keyOf);
    return sql`(${join(keys)}) IN (${join(sources, ' UNION ALL ')})`;
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

  /** Keys that readable datasets have. */
  #carried({ table, pairs }: Carrier, keys: readonly string[]): Sql {
    const dialect = this.#dialect;
    const columns = keys.map((name) => column('carrier', name));
    const rows = dialect.rows(
      'pair',
      [
        { name: 'type', type: 'int' },
        { name: 'run', type: 'int' },
      ],
      pairs,
    );
    return sql`SELECT ${join(columns)} FROM ${rows} ${dialect.lookUpJoin} ${this.#database.table(table)} AS "carrier"
      ON ${column('carrier', 'dataset_type_id')} = ${column('pair', 'type')}
        AND ${column('carrier', 'collection_id')} = ${column('pair', 'run')}`;
  }

  /** Keys that visible records of another element have. */
  #named(other: DimensionElement, keys: readonly string[]): Sql {
    const columns = keys.map((name) => column('whole', name === other.name ? other.primaryKey!.name : name));
    return sql`SELECT ${join(columns)} FROM ${this.#database.table(other.name)} AS "whole" WHERE ${this.condition(other.name)}`;
  }
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
