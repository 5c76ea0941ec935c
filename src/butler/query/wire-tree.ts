/** Wire JSON of query trees and their predicates, which may hold trees again. */
import { ButlerUserError, InvalidQueryError } from '../errors.ts';
import { jsonInteger, type Json, type JsonObject } from '../json.ts';
import type { Universe } from '../universe.ts';
import { comparison, inContainer, inQuery, inRange } from './checked.ts';
import { columnsOfPredicate, columnType, isColumnReference } from './column-type.ts';
import { fromNormalForm, normalForm, type SignedLeaf } from './normal-form.ts';
import { TRUE, type Predicate, type PredicateLeaf } from './predicate.ts';
import type { DatasetSearch, QueryTree } from './tree.ts';
import { decodeExpression, encodeExpression } from './wire-expression.ts';
import {
  arrayAt,
  booleanAt,
  checkDepth,
  groupAt,
  integerAt,
  malformed,
  mapAt,
  objectAt,
  oneOf,
  stringsAt,
} from './wire-reader.ts';

const comparisonOperators = ['==', '!=', '<', '>', '<=', '>=', 'overlaps', 'glob'] as const;

/** Wire JSON of a tree.  @throws QueryTooCostlyError where its predicate's normal form would be too large. */
export function encodeQueryTree(tree: QueryTree): JsonObject {
  const groups = (map: QueryTree['materializations']) =>
    Object.fromEntries([...map].map(([key, dimensions]) => [key, dimensions.names]));
  return {
    dimensions: tree.dimensions.names,
    datasets: Object.fromEntries(
      [...tree.datasets].map(([name, { collections, dimensions }]) => [
        name,
        { collections, dimensions: dimensions.names },
      ]),
    ),
    any_dataset: null,
    data_coordinate_uploads: groups(tree.dataCoordinateUploads),
    materializations: groups(tree.materializations),
    predicate: encodePredicate(tree.predicate),
    validateGovernorConstraints: tree.validateGovernorConstraints,
  };
}

/**
 * Reads a tree and checks it as stock Butler does.
 * @throws InvalidQueryError where it is malformed, of wrong types, or refers to what is not joined; ButlerUserError
 * DIMENSION_NAME for an unknown dimension, UNIMPLEMENTED_QUERY for a search of any dataset type; QueryTooCostlyError.
 */
export function decodeQueryTree(json: Json | undefined, universe: Universe, depth = 0): QueryTree {
  const object = objectAt(json, 'tree');
  if ((object['any_dataset'] ?? null) !== null) {
    throw new ButlerUserError('UNIMPLEMENTED_QUERY', 'A query over any dataset type at once is not supported.');
  }
  const group = (value: Json) => groupAt(value, universe, 'dimensions');
  const tree: QueryTree = {
    dimensions: groupAt(object['dimensions'], universe, 'dimensions'),
    datasets: mapAt(object['datasets'], 'datasets', (value): DatasetSearch => {
      const search = objectAt(value, 'a dataset search');
      return {
        collections: stringsAt(search['collections'], 'collections'),
        dimensions: groupAt(search['dimensions'], universe, 'dimensions'),
      };
    }),
    predicate: object['predicate'] === undefined ? TRUE : decodePredicate(object['predicate'], universe, depth),
    dataCoordinateUploads: mapAt(object['data_coordinate_uploads'], 'data_coordinate_uploads', group),
    materializations: mapAt(object['materializations'], 'materializations', group),
    validateGovernorConstraints: booleanAt(
      object['validateGovernorConstraints'] ?? true,
      'validateGovernorConstraints',
    ),
  };
  checkTree(tree);
  return tree;
}

function checkTree(tree: QueryTree): void {
  const joined = [
    ...[...tree.datasets.values()].map((search) => search.dimensions),
    ...tree.dataCoordinateUploads.values(),
    ...tree.materializations.values(),
  ];
  for (const dimensions of joined) {
    if (tree.dimensions.isSupersetOf(dimensions)) continue;
    throw new InvalidQueryError(
      `Dimensions ${dimensions} of join operand are not a subset of the query tree's dimensions ${tree.dimensions}.`,
    );
  }
  const columns = columnsOfPredicate(tree.predicate);
  const elements = new Set(tree.dimensions.elements.map((element) => element.name));
  if ([...columns.elements].some((name) => !elements.has(name))) {
    throw new InvalidQueryError('Predicate requires dimensions beyond those in the query tree.');
  }
  if ([...columns.datasetTypes].some((name) => !tree.datasets.has(name))) {
    throw new InvalidQueryError('Predicate requires dataset columns that are not in the query tree.');
  }
}

/** Wire JSON of a predicate, in normal form.  @throws QueryTooCostlyError as `normalForm` */
export function encodePredicate(predicate: Predicate): JsonObject {
  const operands = normalForm(predicate).map((group) =>
    group.map(({ leaf, negated }) =>
      negated ? { predicate_type: 'not', operand: encodeLeaf(leaf) } : encodeLeaf(leaf),
    ),
  );
  return { operands };
}

function encodeLeaf(leaf: PredicateLeaf): JsonObject {
  switch (leaf.type) {
    case 'comparison':
      return {
        predicate_type: 'comparison',
        a: encodeExpression(leaf.a),
        b: encodeExpression(leaf.b),
        operator: leaf.operator,
      };
    case 'is_null':
    case 'boolean_wrapper':
      return { predicate_type: leaf.type, operand: encodeExpression(leaf.operand) };
    case 'in_container':
      return {
        predicate_type: 'in_container',
        member: encodeExpression(leaf.member),
        container: leaf.container.map(encodeExpression),
      };
    case 'in_range':
      return {
        predicate_type: 'in_range',
        member: encodeExpression(leaf.member),
        start: jsonInteger(leaf.start),
        stop: leaf.stop === null ? null : jsonInteger(leaf.stop),
        step: jsonInteger(leaf.step),
      };
    case 'in_query':
      return {
        predicate_type: 'in_query',
        member: encodeExpression(leaf.member),
        column: encodeExpression(leaf.column),
        query_tree: encodeQueryTree(leaf.tree),
      };
  }
}

function decodePredicate(json: Json | undefined, universe: Universe, depth: number): Predicate {
  const operands = arrayAt(objectAt(json, 'predicate')['operands'], 'operands');
  return fromNormalForm(
    operands.map((group) => arrayAt(group, 'an OR group').map((leaf) => decodeSigned(leaf, universe, depth))),
  );
}

function decodeSigned(json: Json, universe: Universe, depth: number): SignedLeaf {
  const object = objectAt(json, 'a predicate');
  const negated = object['predicate_type'] === 'not';
  return { leaf: decodeLeaf(negated ? objectAt(object['operand'], 'operand') : object, universe, depth), negated };
}

function decodeLeaf(object: JsonObject, universe: Universe, depth: number): PredicateLeaf {
  const expression = (field: string) => decodeExpression(object[field], universe, depth);
  switch (object['predicate_type']) {
    case 'comparison': {
      const operator = oneOf(object['operator'], comparisonOperators, 'a comparison operator');
      return comparison(universe, expression('a'), operator, expression('b'));
    }
    case 'is_null':
      return { type: 'is_null', operand: expression('operand') };
    case 'boolean_wrapper': {
      const operand = expression('operand');
      if (!isColumnReference(operand) || columnType(universe, operand) !== 'bool') {
        throw malformed('the operand of a boolean_wrapper', 'a boolean column');
      }
      return { type: 'boolean_wrapper', operand };
    }
    case 'in_container': {
      const container = arrayAt(object['container'], 'container');
      return inContainer(
        universe,
        expression('member'),
        container.map((item) => decodeExpression(item, universe, depth)),
      );
    }
    case 'in_range': {
      const stop = object['stop'] ?? null;
      return inRange(
        universe,
        expression('member'),
        integerAt(object['start'] ?? 0, 'start'),
        stop === null ? null : integerAt(stop, 'stop'),
        integerAt(object['step'] ?? 1, 'step'),
      );
    }
    case 'in_query':
      checkDepth(depth);
      return inQuery(
        universe,
        expression('member'),
        expression('column'),
        decodeQueryTree(object['query_tree'], universe, depth + 1),
      );
    default:
      throw new InvalidQueryError('The query is malformed: unknown predicate type.');
  }
}
