/** Wire JSON of column expressions. */
import { InvalidQueryError } from '../errors.ts';
import { jsonInteger, type Json, type JsonObject } from '../json.ts';
import { decodeRegion, encodeRegion } from '../region/codec.ts';
import type { Universe } from '../universe.ts';
import { binary, orderTerm, unary } from './checked.ts';
import { columnType } from './column-type.ts';
import { DATASET_FIELDS, type Expression, type Literal, type OrderExpression } from './expression.ts';
import { checkDepth, integerAt, malformed, objectAt, oneOf, stringAt } from './wire-reader.ts';

/** Wire JSON of an expression; integers beyond 2^53 are bigints, for `stringifyJson`. */
export function encodeExpression(expression: OrderExpression): JsonObject {
  switch (expression.type) {
    case 'int':
      return { expression_type: 'int', value: jsonInteger(expression.value) };
    case 'float':
    case 'string':
    case 'uuid':
      return { expression_type: expression.type, value: expression.value };
    case 'datetime':
      return { expression_type: 'datetime', nsec: jsonInteger(expression.nsec) };
    case 'timespan':
      return {
        expression_type: 'timespan',
        begin_nsec: jsonInteger(expression.begin),
        end_nsec: jsonInteger(expression.end),
      };
    case 'region':
      return { expression_type: 'region', encoded: base64(encodeRegion(expression.region)) };
    case 'hash':
      return { expression_type: 'hash', encoded: base64(expression.bytes) };
    case 'dimension_key':
      return { expression_type: 'dimension_key', dimension: expression.dimension };
    case 'dimension_field':
      return { expression_type: 'dimension_field', element: expression.element, field: expression.field };
    case 'dataset_field':
      return { expression_type: 'dataset_field', dataset_type: expression.datasetType, field: expression.field };
    case 'unary':
      return {
        expression_type: 'unary',
        operand: encodeExpression(expression.operand),
        operator: expression.operator,
      };
    case 'binary':
      return {
        expression_type: 'binary',
        a: encodeExpression(expression.a),
        b: encodeExpression(expression.b),
        operator: expression.operator,
      };
    case 'reversed':
      return { expression_type: 'reversed', operand: encodeExpression(expression.operand) };
  }
}

/**
 * Reads an expression and checks its types.
 * @throws InvalidQueryError, ButlerUserError DIMENSION_NAME, QueryTooCostlyError
 */
export function decodeExpression(json: Json | undefined, universe: Universe, depth = 0): Expression {
  checkDepth(depth);
  const object = objectAt(json, 'an expression');
  switch (object['expression_type']) {
    case 'dimension_key': {
      const dimension = stringAt(object['dimension'], 'dimension');
      return checkedColumn(universe, { type: 'dimension_key', dimension });
    }
    case 'dimension_field': {
      const element = stringAt(object['element'], 'element');
      return checkedColumn(universe, { type: 'dimension_field', element, field: stringAt(object['field'], 'field') });
    }
    case 'dataset_field':
      return {
        type: 'dataset_field',
        datasetType: stringAt(object['dataset_type'], 'dataset_type'),
        field: oneOf(object['field'], DATASET_FIELDS, 'a dataset field'),
      };
    case 'unary': {
      const operator = oneOf(object['operator'], ['-', 'begin_of', 'end_of'], 'a unary operator');
      return unary(universe, operator, decodeExpression(object['operand'], universe, depth + 1));
    }
    case 'binary': {
      const operator = oneOf(object['operator'], ['+', '-', '*', '/', '%'], 'a binary operator');
      const a = decodeExpression(object['a'], universe, depth + 1);
      return binary(universe, operator, a, decodeExpression(object['b'], universe, depth + 1));
    }
    default:
      return decodeLiteral(object);
  }
}

/** Reads a term of `order_by`.  @throws as `decodeExpression`; InvalidQueryError where its type has no order. */
export function decodeOrderTerm(json: Json, universe: Universe): OrderExpression {
  const object = objectAt(json, 'a term of order_by');
  const reversed = object['expression_type'] === 'reversed';
  const operand = decodeExpression(reversed ? object['operand'] : object, universe);
  return orderTerm(universe, reversed ? { type: 'reversed', operand } : operand);
}

/** Reads a literal, as `bind` of `/v1/query/all_datasets` holds them.  @throws InvalidQueryError */
export function decodeLiteral(json: Json | undefined): Literal {
  const object = objectAt(json, 'a literal');
  const value = object['value'];
  switch (object['expression_type']) {
    case 'int':
      return { type: 'int', value: integerAt(value, 'an int') };
    case 'float':
      if (typeof value !== 'number' && typeof value !== 'bigint') throw malformed('a float', 'a number');
      return { type: 'float', value: Number(value) };
    case 'string':
      return { type: 'string', value: stringAt(value, 'a string') };
    case 'uuid':
      return { type: 'uuid', value: stringAt(value, 'a uuid').toLowerCase() };
    case 'datetime':
      return { type: 'datetime', nsec: integerAt(object['nsec'], 'nsec') };
    case 'timespan':
      return {
        type: 'timespan',
        begin: integerAt(object['begin_nsec'], 'begin_nsec'),
        end: integerAt(object['end_nsec'], 'end_nsec'),
      };
    case 'region':
      return { type: 'region', region: decodeRegion(bytesAt(object['encoded'])) };
    case 'hash':
      return { type: 'hash', bytes: bytesAt(object['encoded']) };
    default:
      throw new InvalidQueryError(`The query is malformed: unknown expression type.`);
  }
}

/** The column itself, once its type is found. */
function checkedColumn(universe: Universe, column: Expression): Expression {
  columnType(universe, column);
  return column;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function bytesAt(json: Json | undefined): Uint8Array {
  return Buffer.from(stringAt(json, 'encoded'), 'base64');
}
