/** What can be asked with arguments, read off the schema, and which of the arguments name something. */
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

export type Argument = GraphQLArgument | GraphQLInputField;

/** A field that takes arguments, and where it is. */
export interface Asked {
  readonly root: 'query' | 'mutation' | 'subscription';
  /** Null: the root itself. */
  readonly parent: string | null;
  readonly field: GraphQLField<unknown, unknown>;
}

/** Arguments that name nothing that somebody could have: `where`, `bind` and `dataId` are asked in a test of their own. */
const NAMELESS = new Set(
  `first strict where bind dataId orderBy findFirst timespan types flattenChains includeChains element dimensions deleted
   idempotencyKey dryRun mode purge repair undo type doc edit unlink dataIds storageClass isCalibration files right expiresAt
   note database artifacts instruments skymaps quotaBytes capabilityUrls allUsers path formatter fileName size sha256
   begin end descending title description licence comment digest readers users groups states version
   pipeline yaml graph configuration extend executor task`.split(/\s+/),
);

/** New things get these names, and people have them. */
const NEW_NAMES = new Set([
  'createSatellite.name',
  'createCollection.name',
  'registerDatasetType.name',
  'createRun.output',
  // Whether references or copies come along.
  'transferRun.inputs',
  'grantAccess.user',
  'effectiveAccess.user',
  // A file that is to be put.
  'ingestDatasets.upload',
  // Whoever has it may.
  'refereedPublication.secret',
  // Among the publications that one may see.
  'publications.owner',
]);

/** Every field of the schema that takes arguments. */
export function askedFields(schema: GraphQLSchema): readonly Asked[] {
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  const rootOf = new Map(Object.entries(roots).map(([root, type]) => [type, root as Asked['root']]));
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => {
      const root = rootOf.get(type);
      const asked = Object.values(type.getFields()).filter(({ args }) => args.length > 0);
      return asked.map((field) => ({ root: root ?? 'query', parent: root ? null : type.name, field }) as const);
    });
}

/** The arguments of a field; those of a mutation are the fields of its input. */
export function argumentsOf({ args }: Asked['field']): readonly Argument[] {
  const [input] = args;
  const type = input && getNamedType(input.type);
  return input?.name === 'input' && isInputObjectType(type) ? Object.values(type.getFields()) : args;
}

/** Whether an argument names nothing that is there. */
export function isNameless(field: string, { name, type }: Argument): boolean {
  return NAMELESS.has(name) || NEW_NAMES.has(`${field}.${name}`) || getNamedType(type).name === 'Boolean';
}

/**
 * The arguments of which nobody said what they name, those of inputs within inputs too.
 * @param isKnown whether there is something to name for it
 */
export function unknownArguments(
  schema: GraphQLSchema,
  isKnown: (field: string, argument: string) => boolean,
): readonly string[] {
  const within = (field: string, argument: Argument): readonly string[] => {
    const type = getNamedType(argument.type);
    const own = isNameless(field, argument) || isKnown(field, argument.name) ? [] : [`${field} ${argument.name}`];
    return isInputObjectType(type)
      ? [...own, ...Object.values(type.getFields()).flatMap((inner) => within(field, inner))]
      : own;
  };
  return askedFields(schema).flatMap(({ field }) =>
    argumentsOf(field).flatMap((argument) => within(field.name, argument)),
  );
}

/** A value that an argument which names nothing takes. */
export function anyValue(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return anyValue(type.ofType);
  const named = getNamedType(type);
  const one = isEnumType(named)
    ? named.getValues()[0]!.name
    : isLeafType(named)
      ? ({ JSONObject: {}, Boolean: false, Int: 1, BigInt: 1 }[named.name] ?? 'x')
      : {};
  return String(type).startsWith('[') ? [one] : one;
}
