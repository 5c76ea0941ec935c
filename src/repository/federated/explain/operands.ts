/**
 * What a query joins: datasets, data IDs that the client sent, and records of dimensions that neither of them has; each can
 * be asked for alone.
 */
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { columnsOfPredicate, predicateReferences } from '../../../butler/query/column-type.ts';
import { allOf, leavesOf, type Predicate } from '../../../butler/query/predicate.ts';
import type { ResultSpec } from '../../../butler/query/result-spec.ts';
import { predicateText } from '../../../butler/query/text.ts';
import type { Query } from '../../../butler/query/tree.ts';
import type { DimensionElement } from '../../../butler/universe.ts';
import { queryOf } from '../../search/records-of-data-ids.ts';
import { conformQuery } from '../conform-query.ts';
import { conjunctsOf, isSent } from '../join/constraints.ts';
import { membersOnPath, type Member } from '../members.ts';
import type { SearchPath } from '../search-path.ts';

export interface Operand {
  readonly kind: 'datasets' | 'records' | 'dataIds';
  /** Dataset type, dimension element, or key of the upload. */
  readonly name: string;
  /** In the universe that the query is said in; where records stand for the values of a view (a band), the view's. */
  readonly dimensions: DimensionGroup;
}

/** Something that all rows fulfil, as the user may read it. */
export interface Constraint {
  readonly text: string;
  readonly predicate: Predicate;
}

/**
 * What is joined, in no order.
 * @param regions elements whose regions must overlap
 */
export function operandsOf(query: Query, regions: readonly DimensionElement[]): readonly Operand[] {
  const { tree } = query;
  const { universe } = tree.dimensions;
  const given = givenOperands(query);
  const searches = given.filter(({ kind }) => kind === 'datasets');
  const asked = new Set(
    [...predicateReferences(tree.predicate)].flatMap((of) => (of.type === 'dimension_field' ? of.element : [])),
  );
  // Data IDs that were sent stand for records that may not be there, unless columns of these are asked.
  const isGiven = (element: DimensionElement) =>
    searches.some(({ dimensions }) => element.required.every((of) => dimensions.has(of))) ||
    (isSent(element, query) && !asked.has(element.name));
  const elements = tree.dimensions.elements
    .filter((element) => !element.skypix)
    .filter(
      (element) => regions.includes(element) || ((element.isDimension || element.alwaysJoin) && !isGiven(element)),
    );
  const groups = new Map<DimensionElement, DimensionGroup>();
  for (const element of elements) {
    // Values of a band, say, are those that the records of filters have, of whatever instrument.
    const of = element.viewOf === undefined ? element : universe.element(element.viewOf);
    if (of === element || !elements.includes(of)) groups.set(of, universe.groupOf(element.name));
  }
  // Records that others refer to are there where those are.
  const isReferred = (element: DimensionElement) =>
    element.isDimension &&
    !regions.includes(element) &&
    [...groups].some(([other, group]) => other !== element && group.has(element.name));
  const records = [...groups]
    .filter(([element]) => !isReferred(element))
    .map(([{ name }, dimensions]) => ({ kind: 'records', name, dimensions }) as const);
  return [...given, ...records];
}

/** Those that are no records. */
export function givenOperands({ tree, uploads }: Query): readonly Operand[] {
  const searches = [...tree.datasets].map(
    ([name, { dimensions }]) => ({ kind: 'datasets', name, dimensions }) as const,
  );
  const sent = uploads.map(({ key, dimensions }) => ({ kind: 'dataIds', name: key, dimensions }) as const);
  return [...searches, ...sent];
}

export function constraintsOf(query: Query): readonly Constraint[] {
  return conjunctsOf(query).map((predicate) => ({ text: predicateText(predicate), predicate }));
}

/** The constraints that need nothing but what is joined there. */
export function constraintsOn(operand: Operand, constraints: readonly Constraint[]): readonly Constraint[] {
  const { universe } = operand.dimensions;
  return constraints.filter(({ predicate }) => {
    const { elements, datasetTypes } = columnsOfPredicate(predicate);
    return (
      [...datasetTypes].every((name) => operand.kind === 'datasets' && name === operand.name) &&
      [...elements].every((name) =>
        universe.isDimension(name) ? operand.dimensions.has(name) : operand.kind === 'records' && name === operand.name,
      ) &&
      [...leavesOf(predicate)].every(({ type }) => type !== 'in_query')
    );
  });
}

/** The members that may have rows of it. */
export function holdersOf(
  operand: Operand,
  members: readonly Member[],
  paths: ReadonlyMap<string, SearchPath>,
): readonly Member[] {
  if (operand.kind === 'dataIds') return [];
  return operand.kind === 'datasets'
    ? membersOnPath(members, operand.name, paths.get(operand.name)!)
    : members.filter(({ universe }) => universe.find(operand.name));
}

/** What a member is asked for one operand alone. @throws InvalidQueryError where the member's universe has no such thing */
export function askedAlone(
  operand: Operand,
  member: Member,
  constraints: readonly Constraint[],
  paths: ReadonlyMap<string, SearchPath>,
): { readonly query: Query; readonly spec: ResultSpec } {
  const { name, dimensions } = operand;
  const query = queryOf(operand.kind === 'records' ? dimensions.union(dimensions.universe.groupOf(name)) : dimensions);
  const collections = operand.kind === 'datasets' ? paths.get(name)!.collectionsIn(member.repository, name) : [];
  const tree = {
    ...query.tree,
    predicate: allOf(...constraints.map(({ predicate }) => predicate)),
    datasets: new Map(operand.kind === 'datasets' ? [[name, { dimensions, collections }]] : []),
    validateGovernorConstraints: false,
  };
  const plain = { orderBy: [], limit: null, allowDuplicateOverlaps: false } as const;
  const spec: ResultSpec =
    operand.kind === 'records'
      ? { ...plain, type: 'dimension_record', element: name }
      : {
          ...plain,
          type: 'dataset_ref',
          datasetType: name,
          dimensions,
          storageClass: member.datasetTypes.get(name)!.storageClass,
          findFirst: false,
          includeDimensionRecords: false,
        };
  return conformQuery({ ...query, tree }, spec, member.universe);
}
