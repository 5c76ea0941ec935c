/**
 * Spatial and temporal overlaps of a query: takes the explicit spatial ones out of the predicate, and adds the joins
 * that stock Butler adds where families of elements are not connected.
 */
import type { DimensionGroup } from '../dimension-group.ts';
import { ButlerUserError, InvalidQueryError } from '../errors.ts';
import { columnType } from './column-type.ts';
import type { Expression } from './expression.ts';
import { allOf, TRUE, type Predicate, type PredicateLeaf } from './predicate.ts';
import type { Region } from '../region/region.ts';
import type { DimensionElement, Universe } from '../universe.ts';

/** Elements whose regions must overlap. */
export type SpatialJoin = readonly [DimensionElement, DimensionElement];

export interface Overlaps {
  /** The predicate without spatial overlaps, with the temporal joins that were added. */
  readonly predicate: Predicate;
  /** Pairs of elements whose regions must overlap. */
  readonly joins: readonly SpatialJoin[];
  /** Elements joined to the common sky pixels, these being a dimension of the query. */
  readonly pixelJoins: ReadonlySet<DimensionElement>;
  /** Elements, or sky pixels, that must overlap a given region. */
  readonly constraints: readonly { readonly element: DimensionElement; readonly region: Region }[];
}

type Overlap = Extract<PredicateLeaf, { readonly type: 'comparison' }>;

/** Families, joined to sets by the overlaps between them. */
class Connections {
  #sets: Set<string>[];

  constructor(families: Iterable<string>) {
    this.#sets = [...families].map((family) => new Set([family]));
  }

  has(family: string): boolean {
    return this.#sets.some((set) => set.has(family));
  }

  /** Families that do not take part are ignored. */
  merge(a: string, b: string): void {
    const [left, right] = [a, b].map((family) => this.#sets.find((set) => set.has(family)));
    if (!left || !right || left === right) return;
    for (const family of right) left.add(family);
    this.#sets = this.#sets.filter((set) => set !== right);
  }

  /** The two families that an automatic join must connect, if any. @throws InvalidQueryError where that is ambiguous */
  unconnected(kind: 'spatial' | 'temporal'): readonly [string, string] | undefined {
    if (this.#sets.length <= 1) return undefined;
    const names = this.#sets.map((set) => `{${[...set].map(familyLabel).join(', ')}}`);
    if (this.#sets.length > 2) {
      throw new InvalidQueryError(
        `Too many disconnected sets of ${kind} families for an automatic join: ${names.join(', ')}. ` +
          `Add explicit ${kind} joins to avoid this error.`,
      );
    }
    const [[a, ...more] = [], [b, ...others] = []] = this.#sets.map((set) => [...set]);
    if (a === undefined || b === undefined || more.length > 0 || others.length > 0) {
      throw new InvalidQueryError(
        `A ${kind} join is needed between ${names.join(' and ')}, but which join to add is ambiguous. ` +
          'Add an explicit spatial or temporal join to avoid this error.',
      );
    }
    return [a, b];
  }
}

/** Validity ranges of a calibration dataset type are a temporal family of their own. */
const VALIDITY = 'validity of ';

function familyLabel(family: string): string {
  return family.startsWith(VALIDITY) ? family.slice(VALIDITY.length) : family;
}

/**
 * @param dimensions those of the whole query
 * @param predicate a normal form
 * @param operands dimensions of the datasets and uploads joined: these connect the families that they hold
 * @param calibrations names of dataset types that are searched in calibration collections
 * @throws InvalidQueryError, ButlerUserError UNIMPLEMENTED_QUERY
 */
export function analyzeOverlaps(
  dimensions: DimensionGroup,
  predicate: Predicate,
  operands: readonly DimensionGroup[],
  calibrations: readonly string[],
): Overlaps {
  return new OverlapAnalysis(dimensions, calibrations).run(predicate, operands);
}

/**
 * The elements whose regions stock Butler makes overlap of its own accord where the query says of no overlap: the most
 * specific ones of two families that nothing connects, be they sky pixels; undefined where none need be.
 * @param operands as those of `analyzeOverlaps`
 * @throws InvalidQueryError where it is ambiguous
 */
export function automaticSpatialJoin(
  dimensions: DimensionGroup,
  operands: readonly DimensionGroup[],
): SpatialJoin | undefined {
  return new OverlapAnalysis(dimensions, []).automaticSpatialJoin(operands);
}

/** Names of the families of a group's elements with regions of their own, as opposed to sky pixels. */
export function spatialFamilies({ elements }: DimensionGroup): readonly string[] {
  return [...new Set(elements.flatMap(({ skypix, spatialFamily }) => (skypix ? [] : (spatialFamily ?? []))))];
}

class OverlapAnalysis {
  readonly #dimensions: DimensionGroup;
  readonly #universe: Universe;
  readonly #spatial: Connections;
  readonly #temporal: Connections;
  readonly #joins: SpatialJoin[] = [];
  readonly #pixelJoins = new Set<DimensionElement>();
  readonly #constraints: { element: DimensionElement; region: Region }[] = [];

  constructor(dimensions: DimensionGroup, calibrations: readonly string[]) {
    this.#dimensions = dimensions;
    this.#universe = dimensions.universe;
    this.#spatial = new Connections(families(dimensions, 'spatialFamily'));
    this.#temporal = new Connections([
      ...calibrations.map((name) => VALIDITY + name),
      ...families(dimensions, 'temporalFamily'),
    ]);
  }

  run(predicate: Predicate, operands: readonly DimensionGroup[]): Overlaps {
    const terms = [this.#joinSpatial(predicate, operands)];
    for (const operand of operands) this.#connectOperand(operand, 'temporalFamily', this.#temporal);
    const temporal = this.#temporal.unconnected('temporal');
    if (temporal) {
      const [a, b] = temporal.map((family) => this.#timespanOf(family));
      terms.push({ type: 'comparison', operator: 'overlaps', a: a!, b: b! });
    }
    return {
      predicate: terms.length > 1 ? allOf(...terms) : terms[0]!,
      joins: this.#joins,
      pixelJoins: this.#pixelJoins,
      constraints: this.#constraints,
    };
  }

  automaticSpatialJoin(operands: readonly DimensionGroup[]): SpatialJoin | undefined {
    for (const operand of operands) this.#connectOperand(operand, 'spatialFamily', this.#spatial);
    const families = this.#spatial.unconnected('spatial');
    return families && [this.#mostSpecific(families[0]), this.#mostSpecific(families[1])];
  }

  /** The predicate without spatial overlaps, which are noted for the joins, as is the one that is added. */
  #joinSpatial(predicate: Predicate, operands: readonly DimensionGroup[]): Predicate {
    const rest = this.#withoutSpatial(predicate, false);
    const added = this.automaticSpatialJoin(operands);
    if (added) this.#addSpatialJoin(...added);
    return rest;
  }

  /** The predicate with spatial overlaps replaced by TRUE and noted for the joins. */
  #withoutSpatial(predicate: Predicate, nested: boolean): Predicate {
    switch (predicate.type) {
      case 'and':
        return allOf(...predicate.operands.map((operand) => this.#withoutSpatial(operand, nested)));
      case 'or':
        return { type: 'or', operands: predicate.operands.map((operand) => this.#withoutSpatial(operand, true)) };
      case 'not':
        this.#withoutSpatial(predicate.operand, true);
        return predicate;
      case 'comparison':
        if (predicate.operator !== 'overlaps') return predicate;
        if (columnType(this.#universe, predicate.a) !== 'region') {
          this.#noteTemporal(predicate);
          return predicate;
        }
        if (nested) throw unimplemented('Spatial overlaps nested inside OR or NOT are not supported.');
        this.#addSpatial(predicate);
        return TRUE;
      default:
        return predicate;
    }
  }

  #addSpatial({ a, b }: Overlap): void {
    if (a.type === 'dimension_field' && b.type === 'dimension_field') {
      this.#addSpatialJoin(this.#universe.element(a.element), this.#universe.element(b.element));
      return;
    }
    const [column, other] = a.type === 'dimension_field' ? [a, b] : [b, a];
    if (column.type !== 'dimension_field' || other.type !== 'region') {
      throw new InvalidQueryError('Spatial overlap comparison requires a dimension region column and a region.');
    }
    const element = this.#universe.element(column.element);
    this.#constraints.push({ element, region: other.region });
    if (!element.skypix && this.#dimensions.has(this.#universe.commonSkypix)) this.#pixelJoins.add(element);
  }

  #addSpatialJoin(a: DimensionElement, b: DimensionElement): void {
    if (a.spatialFamily === undefined || b.spatialFamily === undefined) {
      throw new InvalidQueryError(`Spatial join between ${a.name} and ${b.name} needs two elements with regions.`);
    }
    if (a.spatialFamily === b.spatialFamily) {
      throw new InvalidQueryError(`Spatial join between ${a.name} and ${b.name} is not necessary.`);
    }
    this.#spatial.merge(a.spatialFamily, b.spatialFamily);
    const { commonSkypix } = this.#universe;
    const tables = [a, b].filter((element) => !element.skypix);
    if ([a, b].some((element) => element.skypix && element.name !== commonSkypix) || tables.length === 0) {
      throw unimplemented(`Unsupported combination for spatial join: ${a.name}, ${b.name}.`);
    }
    if (tables.length === 2) this.#joins.push([a, b]);
    if (this.#dimensions.has(commonSkypix)) for (const element of tables) this.#pixelJoins.add(element);
  }

  #noteTemporal({ a, b }: Overlap): void {
    const [left, right] = [a, b].map((operand) => this.#temporalFamily(operand));
    if (left === undefined || right === undefined) return;
    if (left === right && a.type === 'dimension_field' && b.type === 'dimension_field') {
      throw new InvalidQueryError(`Temporal join between ${a.element} and ${b.element} is not necessary.`);
    }
    for (const family of [left, right].filter((name) => !this.#temporal.has(name))) {
      throw new InvalidQueryError(
        `'${familyLabel(family)}' is searched in no calibration collection, so its timespan has no bounds ` +
          'and cannot be joined to another one.',
      );
    }
    this.#temporal.merge(left, right);
  }

  #temporalFamily(expression: Expression): string | undefined {
    if (expression.type === 'dataset_field' && expression.field === 'timespan')
      return VALIDITY + expression.datasetType;
    if (expression.type !== 'dimension_field' || expression.field !== 'timespan') return undefined;
    return this.#universe.element(expression.element).temporalFamily;
  }

  /** A table of datasets or data IDs holds only combinations that belong together, as far as its own elements go. */
  #connectOperand(operand: DimensionGroup, kind: 'spatialFamily' | 'temporalFamily', connections: Connections): void {
    const own = families(operand, kind).filter((family) => operand.elements.includes(this.#mostSpecific(family)));
    for (let i = 1; i < own.length; i += 1) connections.merge(own[0]!, own[i]!);
  }

  /** The member of a family of elements that automatic joins take: the most specific one in the query. */
  #mostSpecific(family: string): DimensionElement {
    const { elements } = this.#dimensions;
    const members = this.#universe.spatialFamilies.get(family) ?? this.#universe.temporalFamilies.get(family);
    const candidates = members
      ? members.map((name) => this.#universe.element(name))
      : elements
          .filter((element) => element.skypix?.system === family)
          .sort((a, b) => b.skypix!.level - a.skypix!.level);
    return candidates.find((element) => elements.includes(element))!;
  }

  #timespanOf(family: string): Expression {
    return family.startsWith(VALIDITY)
      ? { type: 'dataset_field', datasetType: family.slice(VALIDITY.length), field: 'timespan' }
      : { type: 'dimension_field', element: this.#mostSpecific(family).name, field: 'timespan' };
  }
}

function families(dimensions: DimensionGroup, kind: 'spatialFamily' | 'temporalFamily'): readonly string[] {
  return [...new Set(dimensions.elements.map((element) => element[kind]).filter((family) => family !== undefined))];
}

function unimplemented(message: string): ButlerUserError {
  return new ButlerUserError('UNIMPLEMENTED_QUERY', message);
}
