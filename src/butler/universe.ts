/**
 * The dimension universe: elements, their order, and what they require and imply.
 * Everything about dimensions is derived from here; no dimension's name is written into the code.
 */
import { ButlerUserError } from './errors.ts';
import { DimensionGroup } from './dimension-group.ts';
import { didYouMean } from './nearest-name.ts';
import {
  readUniverseDocument,
  unreadableUniverse,
  type ColumnDocument,
  type UniverseDocument,
} from './universe-document.ts';

export type ColumnType =
  'int' | 'float' | 'string' | 'bool' | 'hash' | 'region' | 'timespan' | 'uuid' | 'datetime' | 'ingest_date';

/** One column of a dimension record. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly length: number | undefined;
  readonly doc: string;
}

/** A dimension, or a combination of dimensions with records of its own (visit_detector_region, …). */
export interface DimensionElement {
  readonly name: string;
  readonly doc: string;
  /** Position in universe order, which fixes column, data ID and insertion order. */
  readonly order: number;
  /** True for dimensions (they have a key of their own), false for combinations. */
  readonly isDimension: boolean;
  readonly isGovernor: boolean;
  /** The one governor dimension among its required ones (itself, where it is one). */
  readonly governor: string | undefined;
  /** Set for `htm7`, `healpix11`, …: these have no records. */
  readonly skypix: { readonly system: string; readonly level: number } | undefined;
  /** The primary key's column (`id` or `name`); undefined for combinations. */
  readonly primaryKey: Column | undefined;
  /** Alternate keys, such as `detector.full_name`. */
  readonly alternateKeys: readonly Column[];
  readonly metadata: readonly Column[];
  /** Columns that are neither its key nor a dimension, by name in record order: alternate keys, metadata, region, timespan. */
  readonly fields: ReadonlyMap<string, Column>;
  /** Names of required dimensions in universe order, itself last where it is a dimension. */
  readonly required: readonly string[];
  /** Names of directly implied dimensions in universe order. */
  readonly implied: readonly string[];
  /** `band`: its records are the distinct values of another element's column. */
  readonly viewOf: string | undefined;
  /** Whether clients keep all of its records in memory. */
  readonly isCached: boolean;
  /** Whether records live in a table named like the element. */
  readonly hasTable: boolean;
  /** Topological families it belongs to (`observation_regions`, `observation_timespans`, …; skypix: its system). */
  readonly spatialFamily: string | undefined;
  readonly temporalFamily: string | undefined;
  readonly alwaysJoin: boolean;
  /** The dimension whose records come and go with its own: itself, where it is one. */
  readonly populatedBy: string | undefined;
}

const skypixKey: Column = { name: 'id', type: 'int', length: undefined, doc: 'Index of the sky pixel.' };
const regionColumn: Column = { name: 'region', type: 'region', length: undefined, doc: 'Region on the sky.' };
const timespanColumn: Column = {
  name: 'timespan',
  type: 'timespan',
  length: undefined,
  doc: 'Half-open interval, ns TAI.',
};

/** A universe; instances are immutable and compared by `namespace` and `version`. */
export class Universe {
  readonly namespace: string;
  readonly version: number;
  /** Name of the sky pixelization of all overlap tables, `htm7`. */
  readonly commonSkypix: string;
  /** All elements in universe order. */
  readonly elements: readonly DimensionElement[];
  /** Names of the governor dimensions, in universe order. */
  readonly governors: readonly string[];
  /** Spatial families: name → members, most specific first. */
  readonly spatialFamilies: ReadonlyMap<string, readonly string[]>;
  /** Temporal families: name → members, most specific first. */
  readonly temporalFamilies: ReadonlyMap<string, readonly string[]>;
  /** What it was read from, as it was given: a repository made from it is of the very same universe. */
  readonly document: unknown;
  readonly #byName: ReadonlyMap<string, DimensionElement>;
  readonly #groups = new Map<string, DimensionGroup>();

  private constructor(json: unknown, document: UniverseDocument) {
    this.document = json;
    this.namespace = document.namespace;
    this.version = document.version;
    this.commonSkypix = document.commonSkypix;
    this.spatialFamilies = document.spatial;
    this.temporalFamilies = document.temporal;
    this.#byName = buildElements(document);
    this.elements = [...this.#byName.values()];
    this.governors = this.elements.filter((e) => e.isGovernor).map((e) => e.name);
  }

  /** @param json the document, in either spelling. */
  static fromJson(json: unknown): Universe {
    return new Universe(json, readUniverseDocument(json));
  }

  /** The element of that name. @throws ButlerUserError DIMENSION_NAME */
  element(name: string): DimensionElement {
    const element = this.#byName.get(name);
    if (!element) {
      const known = this.elements.filter((e) => e.skypix === undefined).map((e) => e.name);
      throw new ButlerUserError(
        'DIMENSION_NAME',
        `No dimension element with name '${name}' in this universe.${didYouMean(name, known)}`,
      );
    }
    return element;
  }

  find(name: string): DimensionElement | undefined {
    return this.#byName.get(name);
  }

  /** Whether `name` is a dimension (not a combination). */
  isDimension(name: string): boolean {
    return this.#byName.get(name)?.isDimension ?? false;
  }

  /** The group of these dimensions and all that they require and imply. @throws ButlerUserError DIMENSION_NAME */
  conform(names: Iterable<string>): DimensionGroup {
    const closed = new Set<string>();
    const pending = [...names];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (closed.has(name)) continue;
      const element = this.element(name);
      if (!element.isDimension) {
        throw new ButlerUserError('DIMENSION_NAME', `'${name}' is not a dimension, but a combination of dimensions.`);
      }
      closed.add(name);
      pending.push(...element.required, ...element.implied);
    }
    const ordered = [...closed].sort((a, b) => this.element(a).order - this.element(b).order);
    const key = ordered.join(',');
    let group = this.#groups.get(key);
    if (!group) {
      group = new DimensionGroup(this, ordered);
      this.#groups.set(key, group);
    }
    return group;
  }

  /** The smallest group that an element's records and columns need: what it requires and implies, and itself. */
  groupOf(name: string): DimensionGroup {
    const { isDimension, required, implied } = this.element(name);
    return this.conform(isDimension ? [name] : [...required, ...implied]);
  }

  get empty(): DimensionGroup {
    return this.conform([]);
  }

  toString(): string {
    return `${this.namespace} version ${this.version}`;
  }
}

/** Universe order: repeated passes over a work list, as stock Butler makes them. */
function buildElements(document: UniverseDocument): ReadonlyMap<string, DimensionElement> {
  const families = [...document.spatial, ...document.temporal];
  const dependencies = new Map<string, readonly string[]>();
  for (const name of document.skypixSystems.keys()) dependencies.set(name, []);
  for (const [name, e] of document.elements) dependencies.set(name, [...(e.requires ?? []), ...(e.implies ?? [])]);
  for (const [name, members] of families) dependencies.set(name, members);

  for (const [name, names] of dependencies) {
    const missing = names.find((d) => !dependencies.has(d));
    if (missing !== undefined) throw unreadableUniverse(`${name} depends on ${missing}, which it does not define.`);
  }

  const built = new Map<string, DimensionElement>();
  const waiting = new Set(dependencies.keys());
  while (waiting.size > 0) {
    const ready = [...waiting].filter((name) => !dependencies.get(name)!.some((d) => waiting.has(d))).sort();
    if (ready.length === 0) {
      throw unreadableUniverse(`its elements ${[...waiting].join(', ')} depend on each other in a cycle.`);
    }
    for (const name of ready) {
      const system = document.skypixSystems.get(name);
      if (system) {
        for (let level = system.minLevel; level <= system.maxLevel; level += 1) addSkypix(built, name, level);
      } else if (document.elements.has(name)) {
        built.set(name, buildElement(document, name, built));
      }
      waiting.delete(name);
    }
  }
  return built;
}

function addSkypix(built: Map<string, DimensionElement>, system: string, level: number): void {
  const name = `${system}${level}`;
  built.set(name, {
    name,
    doc: `Sky pixels of ${system} at level ${level}.`,
    order: built.size,
    isDimension: true,
    isGovernor: false,
    governor: undefined,
    skypix: { system, level },
    primaryKey: skypixKey,
    alternateKeys: [],
    metadata: [],
    fields: fieldsByName([], true, false),
    required: [name],
    implied: [],
    viewOf: undefined,
    isCached: false,
    hasTable: false,
    spatialFamily: system,
    temporalFamily: undefined,
    alwaysJoin: false,
    populatedBy: name,
  });
}

function buildElement(
  document: UniverseDocument,
  name: string,
  built: ReadonlyMap<string, DimensionElement>,
): DimensionElement {
  const e = document.elements.get(name)!;
  const [primaryKey, ...alternateKeys] = (e.keys ?? []).map(toColumn);
  const isGovernor = e.governor ?? e.storage?.cls?.includes('.governor.') ?? false;
  const inOrder = (names: Iterable<string>) => [...names].sort((a, b) => built.get(a)!.order - built.get(b)!.order);
  const required = inOrder(new Set((e.requires ?? []).flatMap((r) => built.get(r)!.required)));
  if (primaryKey) required.push(name);
  const viewOf = e.implied_union_target ?? e.storage?.nested?.view_of ?? undefined;
  const metadata = (e.metadata ?? []).map(toColumn);
  const spatialFamily = familyOf(document.spatial, name);
  const temporalFamily = familyOf(document.temporal, name);
  return {
    name,
    doc: e.doc ?? '',
    order: built.size,
    isDimension: primaryKey !== undefined,
    isGovernor,
    governor: isGovernor ? name : onlyOne(required.filter((r) => built.get(r)?.isGovernor)),
    skypix: undefined,
    primaryKey,
    alternateKeys,
    metadata,
    fields: fieldsByName([...alternateKeys, ...metadata], spatialFamily !== undefined, temporalFamily !== undefined),
    required: isGovernor ? [name] : required,
    implied: inOrder(e.implies ?? []),
    viewOf,
    isCached: isGovernor || (e.is_cached ?? e.storage?.cls?.includes('.caching.') ?? false),
    hasTable: viewOf === undefined,
    spatialFamily,
    temporalFamily,
    alwaysJoin: e.always_join ?? false,
    populatedBy: primaryKey ? name : (e.populated_by ?? undefined),
  };
}

function fieldsByName(columns: readonly Column[], spatial: boolean, temporal: boolean): ReadonlyMap<string, Column> {
  const fields = [...columns, ...(spatial ? [regionColumn] : []), ...(temporal ? [timespanColumn] : [])];
  return new Map(fields.map((column) => [column.name, column]));
}

function familyOf(families: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  for (const [family, members] of families) if (members.includes(name)) return family;
  return undefined;
}

function toColumn(c: ColumnDocument): Column {
  return { name: c.name, type: c.type, length: c.length ?? undefined, doc: c.doc ?? '' };
}

function onlyOne(names: readonly string[]): string | undefined {
  return names.length === 1 ? names[0] : undefined;
}
