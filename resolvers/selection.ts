import { Kind, type FieldNode, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';

/**
 * Whether a field of that name is selected anywhere below the one that is being resolved, so that work for it can be
 * saved where it is not.  Directives are not looked at: a skipped field counts as selected.
 */
export function selects(info: GraphQLResolveInfo, name: string): boolean {
  const below = (selectionSet: SelectionSetNode | undefined): boolean =>
    selectionSet?.selections.some((selection) => {
      switch (selection.kind) {
        case Kind.FIELD:
          return selection.name.value === name || below(selection.selectionSet);
        case Kind.INLINE_FRAGMENT:
          return below(selection.selectionSet);
        case Kind.FRAGMENT_SPREAD:
          return below(info.fragments[selection.name.value]?.selectionSet);
      }
    }) ?? false;
  return info.fieldNodes.some((field: FieldNode) => below(field.selectionSet));
}
