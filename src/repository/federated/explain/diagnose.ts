/**
 * Finds out why a query gives nothing, by asking: first each thing that it joins alone, then all of it with one constraint
 * after the other left out.  Whoever asks counts the questions and may refuse some.
 */
import type { DataIdValue } from '../../../butler/data-id.ts';
import type { PredicateSummary } from '../../../butler/query/governors.ts';
import { columnsOfPredicate } from '../../../butler/query/column-type.ts';
import type { DimensionElement, Universe } from '../../../butler/universe.ts';
import { constraintsOn, type Constraint, type Operand } from './operands.ts';

/** A search for datasets, as far as it is known without asking for any. */
export interface SearchFacts {
  readonly datasetType: string;
  /** Collections that the query names. */
  readonly asked: readonly string[];
  /** Those that they lead to, without chains. */
  readonly searched: readonly string[];
  /** Dataset types that these have, by their summaries. */
  readonly held: readonly string[];
  /** Of `searched`, those that have this type by their summaries. */
  readonly holding: readonly string[];
  /** Whether validity ranges are looked at. */
  readonly isCalibrationSearch: boolean;
}

/** A query without rows. */
export interface EmptyQuery {
  readonly universe: Universe;
  readonly operands: readonly Operand[];
  readonly constraints: readonly Constraint[];
  readonly contradictions: PredicateSummary['contradictions'];
  readonly searches: readonly SearchFacts[];
  /** Elements whose regions must overlap; none or several. */
  readonly regions: readonly DimensionElement[];
  /** Whether times must overlap. */
  readonly comparesTimes: boolean;
}

/** What can be asked; undefined is the answer to what is too much to ask. */
export interface Questions {
  /** Whether an operand alone has rows that fulfil the constraints. */
  has(operand: Operand, constraints: readonly Constraint[]): Promise<boolean | undefined>;
  /** Whether the query would have rows with these constraints, these of its operands, and records of all its dimensions. */
  whole(operands: readonly Operand[], constraints: readonly Constraint[]): Promise<boolean | undefined>;
  /** Whether two searches have datasets with the same data ID, as far as the constraints are about these. */
  both(a: Operand, b: Operand, constraints: readonly Constraint[]): Promise<boolean | undefined>;
}

/** Why a query gives nothing. */
export type Finding =
  /** It requires one dimension to have two values. */
  | { readonly kind: 'contradiction'; readonly dimension: string; readonly values: readonly [DataIdValue, DataIdValue] }
  /** Its collections lead to none that could hold datasets. */
  | { readonly kind: 'no collections'; readonly search: SearchFacts }
  /** They hold no datasets at all. */
  | { readonly kind: 'empty collections'; readonly search: SearchFacts }
  /** They hold none of that type. */
  | { readonly kind: 'not in collections'; readonly search: SearchFacts }
  /** They held some, by their summaries, and have none now. */
  | { readonly kind: 'nothing left'; readonly search: SearchFacts }
  | { readonly kind: 'no records'; readonly element: string }
  /** No record of the element fulfils these constraints. */
  | { readonly kind: 'no such records'; readonly element: string; readonly constraints: readonly Constraint[] }
  /** The records are there, but no dataset has such a data ID. */
  | { readonly kind: 'no such datasets'; readonly search: SearchFacts; readonly constraints: readonly Constraint[] }
  | { readonly kind: 'not among sent data IDs'; readonly constraints: readonly Constraint[] }
  /** Each type has datasets, but not for one data ID. */
  | {
      readonly kind: 'no common data IDs';
      readonly datasetTypes: readonly [string, string];
      /** Dimensions that both have. */
      readonly dimensions: readonly string[];
      readonly constraints: readonly Constraint[];
    }
  | { readonly kind: 'no valid calibration'; readonly search: SearchFacts; readonly constraints: readonly Constraint[] }
  | {
      readonly kind: 'no overlap';
      readonly regions: readonly string[];
      readonly constraints: readonly Constraint[];
    }
  /** Only together do they leave nothing. */
  | { readonly kind: 'constraints together'; readonly constraints: readonly Constraint[] }
  | { readonly kind: 'not found out' };

/** @returns the first reason that is found, the surest and cheapest to find first */
export async function diagnose(query: EmptyQuery, ask: Questions): Promise<Finding> {
  const [contradiction] = query.contradictions;
  if (contradiction) return { kind: 'contradiction', ...contradiction };
  for (const search of query.searches) {
    if (search.searched.length === 0) return { kind: 'no collections', search };
    if (search.held.length === 0) return { kind: 'empty collections', search };
    if (search.holding.length === 0) return { kind: 'not in collections', search };
  }
  for (const operand of query.operands.filter(({ kind }) => kind !== 'dataIds')) {
    const finding = await whyAlone(query, operand, ask);
    if (finding) return finding;
  }
  return whyTogether(query, ask);
}

/** Why an operand alone has no rows; undefined where it has some. */
async function whyAlone(query: EmptyQuery, operand: Operand, ask: Questions): Promise<Finding | undefined> {
  const constraints = constraintsOn(operand, query.constraints);
  if ((await ask.has(operand, constraints)) !== false) return undefined;
  const search = query.searches.find(({ datasetType }) => operand.kind === 'datasets' && datasetType === operand.name);
  const culprits = await fewestEmptying(query.universe, constraints, (left) => ask.has(operand, left));
  if (culprits.length === 0) {
    return search ? { kind: 'nothing left', search } : { kind: 'no records', element: operand.name };
  }
  const unknown = await unknownElement(query.universe, operand, culprits, ask);
  if (unknown !== undefined) return { kind: 'no such records', element: unknown, constraints: culprits };
  return search
    ? { kind: 'no such datasets', search, constraints: culprits }
    : { kind: 'no such records', element: operand.name, constraints: culprits };
}

/** The element that the constraints are about, where it has no record that fulfils them. */
async function unknownElement(
  universe: Universe,
  operand: Operand,
  constraints: readonly Constraint[],
  ask: Questions,
): Promise<string | undefined> {
  const element = elementOf(universe, constraints);
  if (!element || element.name === operand.name) return undefined;
  const records: Operand = { kind: 'records', name: element.name, dimensions: universe.groupOf(element.name) };
  if (constraintsOn(records, constraints).length < constraints.length) return undefined;
  return (await ask.has(records, constraints)) === false ? element.name : undefined;
}

async function whyTogether(query: EmptyQuery, ask: Questions): Promise<Finding> {
  const { universe, operands, constraints } = query;
  const sent = operands.filter(({ kind }) => kind === 'dataIds');
  const others = operands.filter(({ kind }) => kind !== 'dataIds');
  if (sent.length > 0 && (await ask.whole(others, constraints)))
    return { kind: 'not among sent data IDs', constraints };
  const searches = operands.filter(({ kind }) => kind === 'datasets');
  const culprits = await fewestEmptying(universe, constraints, (left) => ask.whole(operands, left));
  for (const [a, b] of pairsOf(searches)) {
    const shared = a.dimensions.required.filter((name) => b.dimensions.has(name));
    if (shared.length > 0 && (await ask.both(a, b, culprits)) === false) {
      const calibration = calibrationOf(query, [a.name, b.name]);
      if (calibration) return { kind: 'no valid calibration', search: calibration, constraints: culprits };
      return { kind: 'no common data IDs', datasetTypes: [a.name, b.name], dimensions: shared, constraints: culprits };
    }
  }
  const regions = query.regions.map(({ name }) => name);
  const areRegionsAlone = operands.every(({ kind }) => kind === 'records');
  if (regions.length > 0 && (areRegionsAlone || (await ask.whole([], culprits)) === false)) {
    return { kind: 'no overlap', regions, constraints: culprits };
  }
  const calibration = calibrationOf(
    query,
    searches.map(({ name }) => name),
  );
  if (calibration && query.comparesTimes)
    return { kind: 'no valid calibration', search: calibration, constraints: culprits };
  if (regions.length > 0) return { kind: 'no overlap', regions, constraints: culprits };
  return culprits.length > 0 ? { kind: 'constraints together', constraints: culprits } : { kind: 'not found out' };
}

/**
 * Of constraints that together leave nothing, as few as still do: none where nothing is left without them too.  The later
 * ones are left out first, so that what is left names the coarsest: an instrument that is not there rather than its visits.
 */
async function fewestEmptying(
  universe: Universe,
  constraints: readonly Constraint[],
  has: (left: readonly Constraint[]) => Promise<boolean | undefined>,
): Promise<readonly Constraint[]> {
  let left = constraints.toSorted((a, b) => compare(fineness(universe, a), fineness(universe, b)));
  for (const constraint of left.toReversed()) {
    const without = left.filter((other) => other !== constraint);
    if ((await has(without)) === false) left = without;
  }
  return left;
}

/** Place in the universe of the finest thing that it is about; what is about datasets comes last. */
function fineness(universe: Universe, { predicate }: Constraint): number {
  const { elements, datasetTypes } = columnsOfPredicate(predicate);
  return datasetTypes.size > 0 ? Infinity : Math.max(-1, ...[...elements].map((name) => universe.element(name).order));
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** The element whose records tell whether what the constraints name exists. */
function elementOf(universe: Universe, constraints: readonly Constraint[]): DimensionElement | undefined {
  const elements = new Set(constraints.flatMap(({ predicate }) => [...columnsOfPredicate(predicate).elements]));
  return [...elements]
    .map((name) => universe.element(name))
    .map((element) => (element.viewOf === undefined ? element : universe.element(element.viewOf)))
    .find((element) => !element.skypix && [...elements].every((name) => universe.groupOf(element.name).has(name)));
}

function calibrationOf({ searches }: EmptyQuery, datasetTypes: readonly string[]): SearchFacts | undefined {
  return searches.find(
    ({ datasetType, isCalibrationSearch }) => isCalibrationSearch && datasetTypes.includes(datasetType),
  );
}

function* pairsOf<T>(items: readonly T[]): Generator<readonly [T, T]> {
  for (const [i, a] of items.entries()) for (const b of items.slice(i + 1)) yield [a, b];
}
