import type { DimensionElement, Universe } from './universe.ts';

/**
 * A set of dimensions closed over what they require and imply.
 * Made by `Universe.conform`, which gives one instance for equal sets, so groups of one universe compare with `===`.
 */
export class DimensionGroup {
  readonly universe: Universe;
  /** All names, in universe order. */
  readonly names: readonly string[];
  /** Names that identify a data ID, in universe order. */
  readonly required: readonly string[];
  /** Names that follow from the required ones, in universe order. */
  readonly implied: readonly string[];
  /** Order of values in a full data ID: required first, then implied. */
  readonly dataCoordinateKeys: readonly string[];
  /** Every element (dimension or combination) whose required dimensions are all in the group, in universe order. */
  readonly elements: readonly DimensionElement[];
  readonly #names: ReadonlySet<string>;

  /** Only `Universe.conform` calls this; `names` are closed and in universe order. */
  constructor(universe: Universe, names: readonly string[]) {
    this.universe = universe;
    this.names = names;
    this.#names = new Set(names);
    const implied = new Set(names.flatMap((name) => universe.element(name).implied));
    this.required = names.filter((name) => !implied.has(name));
    this.implied = names.filter((name) => implied.has(name));
    this.dataCoordinateKeys = [...this.required, ...this.implied];
    this.elements = universe.elements.filter((e) =>
      e.isDimension ? this.#names.has(e.name) : e.required.every((r) => this.#names.has(r)),
    );
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  isSupersetOf(other: DimensionGroup): boolean {
    return other.names.every((name) => this.#names.has(name));
  }

  union(...others: readonly DimensionGroup[]): DimensionGroup {
    if (others.every((other) => this.isSupersetOf(other))) return this;
    return this.universe.conform([...this.names, ...others.flatMap((o) => o.names)]);
  }

  /** Governor dimensions in the group, in universe order. */
  get governors(): readonly string[] {
    return this.names.filter((name) => this.universe.element(name).isGovernor);
  }

  toString(): string {
    return `{${this.names.join(', ')}}`;
  }
}
