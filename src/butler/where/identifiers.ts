/** What names in expressions refer to. */
import type { DimensionGroup } from '../dimension-group.ts';
import { InvalidQueryError } from '../errors.ts';
import { didYouMean } from '../nearest-name.ts';
import { unary } from '../query/checked.ts';
import { DATASET_FIELDS, type ColumnReference, type DatasetField, type Expression } from '../query/expression.ts';
import type { DimensionElement } from '../universe.ts';

/** Where names are looked up. */
export interface NameScope {
  /** Dimensions in the query; qualified names may go beyond them. */
  readonly dimensions: DimensionGroup;
  /** Names of the dataset types that are joined. */
  readonly datasetTypes: ReadonlySet<string>;
}

/**
 * The column that a name of one to three parts refers to, or an end of a timespan column.
 * @throws InvalidQueryError where it is unknown (naming the nearest known one) or ambiguous.
 */
export function resolveIdentifier(scope: NameScope, identifier: string): Expression {
  const [first = '', second, third, ...more] = identifier.split('.');
  if (more.length > 0) throw unrecognized(scope, identifier);
  if (second === undefined) return resolveSimple(scope, first) ?? fail(unrecognized(scope, identifier));
  if (third !== undefined) return endOf(scope, resolveIdentifier(scope, `${first}.${second}`), third, identifier);
  const column = resolveQualified(scope, first, second);
  if (column) return column;
  if (first === 'timespan') return endOf(scope, resolveIdentifier(scope, 'timespan'), second, identifier);
  if (scope.datasetTypes.has(first)) {
    throw new InvalidQueryError(
      `Identifier '${identifier}' references dataset type '${first}' but field '${second}' is not valid for datasets: ` +
        `they have ${DATASET_FIELDS.join(', ')}.`,
    );
  }
  throw unrecognized(scope, identifier);
}

/** Whether a name would refer to something if it were not bound. */
export function namesColumn(scope: NameScope, identifier: string): boolean {
  try {
    resolveIdentifier(scope, identifier);
    return true;
  } catch (error) {
    if (error instanceof InvalidQueryError) return false;
    throw error;
  }
}

function resolveSimple(scope: NameScope, name: string): ColumnReference | undefined {
  const { universe, elements } = scope.dimensions;
  if (universe.isDimension(name)) return { type: 'dimension_key', dimension: name };
  const matches: [qualifier: string, column: ColumnReference][] = elements
    .map((element): [string, ColumnReference | undefined] => [element.name, fieldOf(element, name)])
    .filter((match): match is [string, ColumnReference] => match[1] !== undefined);
  if (isDatasetField(name)) {
    for (const datasetType of scope.datasetTypes) {
      matches.push([datasetType, { type: 'dataset_field', datasetType, field: name }]);
    }
  }
  if (matches.length > 1) {
    const names = matches.map(([qualifier]) => `'${qualifier}.${name}'`).sort();
    throw new InvalidQueryError(`Ambiguous identifier '${name}' matches multiple fields: ${names.join(', ')}.`);
  }
  return matches[0]?.[1];
}

function resolveQualified(scope: NameScope, first: string, second: string): ColumnReference | undefined {
  const { universe } = scope.dimensions;
  const element = universe.find(first);
  if (element) {
    const foreignKeys = [...element.required, ...element.implied].filter((name) => name !== element.name);
    if (foreignKeys.includes(second)) return { type: 'dimension_key', dimension: second };
    const field = fieldOf(element, second);
    if (field) return field;
    const known = [...foreignKeys, ...element.fields.keys(), ...(element.primaryKey ? [element.primaryKey.name] : [])];
    throw new InvalidQueryError(`Unrecognized field '${second}' for ${first}.${didYouMean(second, known)}`);
  }
  return isDatasetField(second) ? { type: 'dataset_field', datasetType: first, field: second } : undefined;
}

function fieldOf(element: DimensionElement, name: string): ColumnReference | undefined {
  if (name === element.primaryKey?.name) return { type: 'dimension_key', dimension: element.name };
  return element.fields.has(name) ? { type: 'dimension_field', element: element.name, field: name } : undefined;
}

function endOf(scope: NameScope, timespan: Expression, end: string, identifier: string): Expression {
  if (end !== 'begin' && end !== 'end') throw unrecognized(scope, identifier);
  return unary(scope.dimensions.universe, end === 'begin' ? 'begin_of' : 'end_of', timespan);
}

function isDatasetField(name: string): name is DatasetField {
  return (DATASET_FIELDS as readonly string[]).includes(name);
}

function unrecognized(scope: NameScope, identifier: string): InvalidQueryError {
  const { universe, elements } = scope.dimensions;
  const known = new Set([
    ...universe.elements.filter((element) => element.skypix === undefined).map((element) => element.name),
    ...elements.flatMap((element) => [...element.fields.keys()]),
    ...(scope.datasetTypes.size > 0 ? DATASET_FIELDS : []),
    ...scope.datasetTypes,
  ]);
  const [first = '', ...rest] = identifier.split('.');
  const qualified = rest.length > 0 && !known.has(first);
  const suggestion = didYouMean(qualified ? first : identifier, known);
  return new InvalidQueryError(`Unrecognized identifier '${identifier}'.${suggestion}`);
}

function fail(error: InvalidQueryError): never {
  throw error;
}
