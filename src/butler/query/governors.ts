/**
 * Governor dimensions (instrument, skymap): what a predicate says of them, and the default data ID that applies where it
 * says nothing.
 */
import type { DataIdValue } from '../data-id.ts';
import { InvalidQueryError } from '../errors.ts';
import { jsonInteger } from '../json.ts';
import type { DimensionElement, Universe } from '../universe.ts';
import { predicateReferences } from './column-type.ts';
import { dataIdLiteral, type ColumnReference, type Expression } from './expression.ts';
import type { SignedLeaf } from './normal-form.ts';
import { allOf, leavesOf, type Predicate } from './predicate.ts';
import type { Query } from './tree.ts';

/** What a predicate says of data IDs. */
export interface PredicateSummary {
  /** Values that all rows have, because the predicate ANDs `dimension = value` with everything else. */
  readonly dataId: Readonly<Record<string, DataIdValue>>;
  /** Dimensions that are required to have two values at once, so that no row can be. */
  readonly contradictions: readonly {
    readonly dimension: string;
    readonly values: readonly [DataIdValue, DataIdValue];
  }[];
  /** Governor dimensions that are compared with anything anywhere. */
  readonly governorsReferenced: ReadonlySet<string>;
  /** Governor dimensions of the keys that are referenced, which need a value to make sense. */
  readonly governorsNeeded: ReadonlySet<string>;
}

export function summarizePredicate(universe: Universe, predicate: Predicate): PredicateSummary {
  const dataId: Record<string, DataIdValue> = {};
  const contradictions: { dimension: string; values: [DataIdValue, DataIdValue] }[] = [];
  for (const leaf of conjuncts(predicate)) {
    const constraint = equality(leaf);
    if (!constraint) continue;
    const [dimension, value] = constraint;
    const known = dataId[dimension];
    if (known === undefined) dataId[dimension] = value;
    else if (known !== value) contradictions.push({ dimension, values: [value, known] });
  }
  const governorsReferenced = new Set<string>();
  const governorsNeeded = new Set<string>();
  for (const leaf of leavesOf(predicate)) {
    for (const reference of predicateReferences(leaf)) {
      const needed = neededGovernor(universe, reference);
      if (needed !== undefined) governorsNeeded.add(needed);
      // Stock Butler does not look into lists, ranges and tests for NULL here.
      const referenced = leaf.type === 'comparison' ? referencedGovernor(universe, reference) : undefined;
      if (referenced !== undefined) governorsReferenced.add(referenced);
    }
  }
  return { dataId, contradictions, governorsReferenced, governorsNeeded };
}

/**
 * The query's predicate with the default values of governors that it uses and does not reference.
 * @throws InvalidQueryError where a key is referenced whose governor neither the predicate nor the default data ID fixes,
 * unless the tree does not validate that.
 */
export function predicateWithDefaults(query: Query): Predicate {
  const { tree, defaultDataId } = query;
  const { universe } = tree.dimensions;
  const summary = summarizePredicate(universe, tree.predicate);
  const used = universe.governors.filter((name) => summary.governorsNeeded.has(name) || tree.dimensions.has(name));
  const defaults: Predicate[] = [];
  for (const governor of used) {
    if (Object.hasOwn(summary.dataId, governor) || summary.governorsReferenced.has(governor)) continue;
    const value = Object.hasOwn(defaultDataId, governor) ? defaultDataId[governor] : undefined;
    if (value !== undefined) {
      const a: Expression = { type: 'dimension_key', dimension: governor };
      defaults.push({ type: 'comparison', operator: '==', a, b: dataIdLiteral(value) });
    } else if (summary.governorsNeeded.has(governor) && tree.validateGovernorConstraints) {
      throw new InvalidQueryError(
        `Query 'where' expression references a dimension dependent on ${governor} without constraining it directly: ` +
          `add ${governor} = '…' to it, or give ${governor} in the data ID.`,
      );
    }
  }
  return defaults.length === 0 ? tree.predicate : allOf(tree.predicate, ...defaults);
}

/** Leaves that are AND-ed with everything else, once NOT is moved to the leaves. */
function* conjuncts(predicate: Predicate, negated = false): Generator<SignedLeaf> {
  switch (predicate.type) {
    case 'and':
    case 'or':
      if ((predicate.type === 'and') === negated && predicate.operands.length !== 1) return;
      for (const operand of predicate.operands) yield* conjuncts(operand, negated);
      return;
    case 'not':
      yield* conjuncts(predicate.operand, !negated);
      return;
    default:
      yield { leaf: predicate, negated };
  }
}

/** `dimension = value`, or `NOT dimension != value`. */
function equality({ leaf, negated }: SignedLeaf): readonly [dimension: string, value: DataIdValue] | undefined {
  if (leaf.type !== 'comparison' || leaf.operator !== (negated ? '!=' : '==')) return undefined;
  for (const [key, literal] of [
    [leaf.a, leaf.b],
    [leaf.b, leaf.a],
  ] as const) {
    if (key.type !== 'dimension_key') continue;
    if (literal.type === 'string') return [key.dimension, literal.value];
    if (literal.type === 'int') return [key.dimension, jsonInteger(literal.value)];
  }
  return undefined;
}

/** The governor that a reference to it compares, by its primary key or an alternate one. */
function referencedGovernor(universe: Universe, reference: ColumnReference): string | undefined {
  switch (reference.type) {
    case 'dimension_key':
      return universe.element(reference.dimension).isGovernor ? reference.dimension : undefined;
    case 'dimension_field': {
      const element = universe.element(reference.element);
      return element.isGovernor && isAlternateKey(element, reference.field) ? element.name : undefined;
    }
    case 'dataset_field':
      return undefined;
  }
}

/** The governor without which a key that is referenced says nothing. */
function neededGovernor(universe: Universe, reference: ColumnReference): string | undefined {
  switch (reference.type) {
    case 'dimension_key': {
      const { governor } = universe.element(reference.dimension);
      return governor === reference.dimension ? undefined : governor;
    }
    case 'dimension_field': {
      const element = universe.element(reference.element);
      return element.isDimension && isAlternateKey(element, reference.field) ? element.governor : undefined;
    }
    case 'dataset_field':
      return undefined;
  }
}

function isAlternateKey({ alternateKeys }: DimensionElement, field: string): boolean {
  return alternateKeys.some(({ name }) => name === field);
}
