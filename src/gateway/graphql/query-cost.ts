/**
 * What an operation costs at most, reckoned from its text and variables before anything is asked.  Fragments are counted
 * where they are spread, but measured once, so that fragments of fragments cannot make the reckoning itself expensive.
 */
import {
  getNamedType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

export interface QueryCost {
  /** Levels of nested fields; introspection is not counted. */
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  /** Objects in lists. */
  readonly nodes: number;
}

/** Length that is reckoned for lists that are not paged (files, records and collections of a dataset, …). */
const UNPAGED_LENGTH = 10;

const NOTHING: QueryCost = { depth: 0, aliases: 0, directives: 0, nodes: 0 };

/** @param operation one of `document`, which is valid against `schema` */
export function queryCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): QueryCost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const measured = new Map<string, QueryCost>();

  /** @param length of the lists right below, which a paged field above has set */
  function ofSelections(set: SelectionSetNode, type: GraphQLNamedType, length: number): QueryCost {
    let total = NOTHING;
    for (const selection of set.selections) {
      const directives = selection.directives?.length ?? 0;
      let cost: QueryCost;
      if (selection.kind === Kind.FIELD) cost = ofField(selection, type, length);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) cost = ofFragment(selection.name.value, length);
      else {
        const condition = selection.typeCondition && schema.getType(selection.typeCondition.name.value);
        cost = ofSelections(selection.selectionSet, condition ?? type, length);
      }
      total = {
        depth: Math.max(total.depth, cost.depth),
        aliases: total.aliases + cost.aliases,
        directives: total.directives + cost.directives + directives,
        nodes: total.nodes + cost.nodes,
      };
    }
    return total;
  }

  function ofFragment(name: string, length: number): QueryCost {
    const key = `${name} ${length}`;
    let cost = measured.get(key);
    if (!cost) {
      const fragment = fragments.get(name)!;
      cost = ofSelections(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value)!, length);
      measured.set(key, cost);
    }
    return cost;
  }

  function ofField(node: FieldNode, parent: GraphQLNamedType, length: number): QueryCost {
    const aliases = node.alias ? 1 : 0;
    if (node.name.value.startsWith('__')) return { ...NOTHING, aliases };
    const field = (isObjectType(parent) || isInterfaceType(parent)) && parent.getFields()[node.name.value];
    if (!field || !node.selectionSet) return { ...NOTHING, depth: 1, aliases };
    const below = ofSelections(node.selectionSet, getNamedType(field.type), pageLength(node, field) ?? UNPAGED_LENGTH);
    return {
      depth: below.depth + 1,
      aliases: below.aliases + aliases,
      directives: below.directives,
      nodes: isList(field.type) ? length * (1 + below.nodes) : below.nodes,
    };
  }

  function pageLength(node: FieldNode, field: GraphQLField<unknown, unknown>): number | undefined {
    const argument = field.args.find((a) => a.name === 'first');
    if (!argument) return undefined;
    const given = node.arguments?.find((a) => a.name.value === 'first')?.value;
    let value: unknown = argument.defaultValue;
    if (given?.kind === Kind.INT) value = Number(given.value);
    if (given?.kind === Kind.VARIABLE) value = variables[given.name.value] ?? value;
    return typeof value === 'number' ? Math.max(0, value) : Number(argument.defaultValue);
  }

  return ofSelections(operation.selectionSet, schema.getRootType(operation.operation)!, UNPAGED_LENGTH);
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}
