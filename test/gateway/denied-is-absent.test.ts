/**
 * Whatever takes a name or an identifier answers for another user's as for one that nobody has.  Made from the schema: a new
 * argument has to be told of in one of the tables below, or a test fails.
 */
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
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSchema } from '../../src/gateway/graphql/schema.ts';
import { openSharing, type SharingWorld } from './sharing-world.ts';

/** What an argument names, by its own name or after its field's: alice's, and nobody's. */
type Pair = readonly [real: unknown, none: unknown];
let pairs: Readonly<Record<string, Pair>>;

const NONE_UUID = '00000000-0000-4000-8000-000000000000';
const globalId = (...parts: readonly string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

/** Arguments that name nothing that somebody could have. */
const NAMELESS = new Set([
  ...['first', 'strict', 'where', 'bind', 'dataId', 'orderBy', 'findFirst', 'timespan', 'types', 'flattenChains'],
  ...[
    'includeChains',
    'element',
    'dimensions',
    'deleted',
    'idempotencyKey',
    'dryRun',
    'mode',
    'purge',
    'repair',
    'undo',
  ],
  ...[
    'type',
    'doc',
    'edit',
    'unlink',
    'dataIds',
    'storageClass',
    'isCalibration',
    'files',
    'right',
    'expiresAt',
    'note',
  ],
  ...['database', 'artifacts', 'instruments', 'skymaps', 'quotaBytes', 'capabilityUrls', 'allUsers'],
]);
/** New things get these names. */
const NEW_NAMES = new Set([
  'createSatellite.name',
  'createCollection.name',
  'registerDatasetType.name',
  'grantAccess.user',
  'effectiveAccess.user',
]);
/** Where fields with arguments can be reached on something that carol has. */
const REACHED = { Repository: 'repository(name: "dp1")', Satellite: 'satellite(name: "own")' } as const;

let world: SharingWorld;
let uuid: string;

beforeAll(async () => {
  world = await openSharing({ yaml: 'satellites: {root: ./satellites}\npython: {executable: python3}' });
  await world.done('alice', 'createSatellite', { name: 'mine', official: 'dp1', instruments: ['HSC'] });
  await world.done('carol', 'createSatellite', { name: 'own', official: 'dp1' }, 'satellite {name}');
  [uuid] = (await world.ingest('mine', 'u/alice/secret', 2)) as [string];
  const grant = await world.grant({ satellite: 'mine', user: 'bob' });
  const search = (type: string, collection: string, repository: string) =>
    `datasets(datasetTypes: ["${type}"], collections: ["${collection}"], repositories: ["${repository}"], first: 1)`;
  const cursor = '{pageInfo {endCursor}}';
  const { data } = await world.ask(
    'alice',
    `{jobs {id} ${search('note', 'u/alice/secret', 'mine')} ${cursor} others: ${search('raw', 'HSC/raw/all', 'dp1')} ${cursor}
      auditTrail(first: 1) ${cursor}}`,
  );
  const job = data.jobs[0].id as string;
  const satellite = ['alice~mine', 'alice~none'] as const;
  const collection = ['u/alice/secret', 'u/alice/secreu'] as const;
  const uuids = [uuid, NONE_UUID] as const;
  const list = ([real, none]: Pair): Pair => [[real], [none]];
  pairs = {
    satellite,
    to: satellite,
    from: satellite,
    repository: satellite,
    repositories: list(satellite),
    official: satellite,
    'repository.name': satellite,
    'satellite.name': satellite,
    uuid: uuids,
    uuids: list(uuids),
    collection,
    collections: list(collection),
    curatedCalibrations: list(collection),
    children: list(collection),
    search: list(collection),
    'datasetTypes.search': list(['note', 'nota']),
    run: collection,
    'transferDatasets.run': [NONE_UUID, NONE_UUID],
    datasetType: ['note', 'nota'],
    datasetTypes: list(['note', 'nota']),
    datasets: list([
      { datasetType: 'note', collections: ['u/alice/secret'] },
      { datasetType: 'nota', collections: ['u/alice/secreu'] },
    ]),
    job: [job, NONE_UUID],
    'job.id': [job, NONE_UUID],
    'jobProgress.id': [job, NONE_UUID],
    grant: [grant, NONE_UUID],
    commit: [NONE_UUID, '11111111-0000-4000-8000-000000000000'],
    group: ['g_lensing', 'g_nothing'],
    'node.id': [globalId('Dataset', 'alice~mine', uuid), globalId('Dataset', 'alice~none', NONE_UUID)],
    after: [data.datasets.pageInfo.endCursor, data.others.pageInfo.endCursor],
    'auditTrail.after': [data.auditTrail.pageInfo.endCursor, Buffer.from(`1 ${'0'.repeat(49)}`).toString('base64url')],
  };
}, 120_000);
afterAll(() => world[Symbol.asyncDispose]());

const schema: GraphQLSchema = createSchema();
type Argument = GraphQLArgument | GraphQLInputField;

/** The arguments of a field; those of a mutation are the fields of its input. */
function argumentsOf(field: GraphQLField<unknown, unknown>): readonly Argument[] {
  const [input] = field.args;
  const type = input && getNamedType(input.type);
  return input?.name === 'input' && isInputObjectType(type) ? Object.values(type.getFields()) : field.args;
}

function pairOf(field: string, argument: string): Pair | undefined {
  return pairs[`${field}.${argument}`] ?? pairs[argument];
}

const isNameless = (field: string, { name, type }: Argument) =>
  NAMELESS.has(name) || NEW_NAMES.has(`${field}.${name}`) || getNamedType(type).name === 'Boolean';

interface Asked {
  readonly root: 'query' | 'mutation';
  readonly parent: keyof typeof REACHED | null;
  readonly field: GraphQLField<unknown, unknown>;
}

function askedFields(): readonly Asked[] {
  const of = (type: { getFields(): Record<string, GraphQLField<unknown, unknown>> } | null | undefined) =>
    Object.values(type?.getFields() ?? {}).filter(({ args }) => args.length > 0);
  const nested = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    .filter(
      (type) =>
        ![schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(type as never),
    )
    .flatMap((type) => of(type as never).map((field) => ({ root: 'query', parent: type.name, field }) as Asked));
  return [
    ...of(schema.getQueryType()).map((field) => ({ root: 'query', parent: null, field }) as const),
    ...of(schema.getMutationType()).map((field) => ({ root: 'mutation', parent: null, field }) as const),
    ...nested,
  ];
}

/** A value that an argument which names nothing takes. */
function anyValue(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return anyValue(type.ofType);
  const named = getNamedType(type);
  const one = isEnumType(named)
    ? named.getValues()[0]!.name
    : isLeafType(named)
      ? ({ JSONObject: {}, Boolean: false, Int: 1, BigInt: 1 }[named.name] ?? 'x')
      : {};
  return String(type).startsWith('[') ? [one] : one;
}

/**
 * What carol is answered.
 * @param chosen the argument that is alice's; null: none; undefined: all
 * @param intoOwn she asks it of a satellite of her own
 * @param shape the argument that is given where one of several is
 */
async function answer(
  { root, parent, field }: Asked,
  chosen: string | null | undefined,
  intoOwn = false,
  shape = chosen,
): Promise<string> {
  const values: Record<string, unknown> = {};
  for (const argument of argumentsOf(field)) {
    const { name, type } = argument;
    const pair = isNameless(field.name, argument) ? undefined : pairOf(field.name, name);
    if (intoOwn && (name === 'satellite' || name === 'to')) values[name] = 'own';
    else if (pair) values[name] = pair[chosen === undefined || chosen === name ? 0 : 1];
    else if (isNonNullType(type)) values[name] = anyValue(type);
  }
  // One of several is asked for.
  if ('uuids' in values && 'search' in values) delete values[shape === 'search' ? 'uuids' : 'search'];
  if ('search' in values && field.name !== 'collections' && root === 'mutation') {
    const [collection] = values['search'] as [string];
    values['search'] = { datasetTypes: ['note'], collections: [collection] };
  }
  if (field.name === 'transferDatasets') delete values['run'];
  if (field.name === 'createCollection') values['type'] = 'CHAINED';
  if (field.name === 'ingestDatasets') {
    values['files'] = [{ dataId: {}, path: 'x' }];
    for (const name of shape === 'commit' ? ['datasetType', 'run', 'files'] : ['commit']) delete values[name];
  }
  const returned = getNamedType(field.type);
  const selection = isLeafType(returned)
    ? ''
    : returned.name.endsWith('Connection') && returned.name !== 'AuditConnection'
      ? '{totalCount}'
      : '{__typename}';
  const isInput = field.args[0]?.name === 'input';
  const variables = isInput ? { input: values } : values;
  const declared = field.args.filter(({ name }) => name in variables);
  const header = declared.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = declared.map(({ name }) => `${name}: $${name}`).join(', ');
  const call = `${field.name}${passed === '' ? '' : `(${passed})`} ${selection}`;
  const query = `${root} ${header === '' ? '' : `(${header})`} {${parent ? `${REACHED[parent]} {${call}}` : call}}`;
  const { status, data, errors } = await world.ask('carol', query, variables);
  return neutral(JSON.stringify({ status, data, errors }));
}

/** The answer without what was asked for. */
function neutral(text: string): string {
  const asked = Object.values(pairs)
    .flat(2)
    .filter((value) => typeof value === 'string');
  return asked.reduce((result, value) => result.replaceAll(value, 'NAME'), text);
}

test('every argument is known to name something, or nothing', () => {
  const unknown = askedFields().flatMap(({ parent, field }) =>
    argumentsOf(field)
      .filter((argument) => !isNameless(field.name, argument) && !pairOf(field.name, argument.name))
      .map(({ name }) => `${parent ?? ''} ${field.name} ${name}`),
  );
  expect(unknown).toEqual([]);
  const unreached = askedFields().filter(({ parent }) => parent !== null && !(parent in REACHED));
  expect(unreached.map(({ parent, field }) => `${parent} ${field.name}`)).toEqual([]);
});

describe('carol is answered for what is alice’s as for what nobody has', () => {
  test.each(askedFields().map((asked) => [asked.root, asked.parent ?? '', asked.field.name, asked] as const))(
    '%s %s %s',
    async (_root, _parent, _name, asked) => {
      const named = argumentsOf(asked.field).filter(
        (argument) => !isNameless(asked.field.name, argument) && pairOf(asked.field.name, argument.name),
      );
      const isWhere = ({ name }: Argument) => name === 'satellite' || name === 'to';
      const changesOwn = asked.root === 'mutation' && named.some(isWhere) && !named.every(isWhere);
      for (const intoOwn of changesOwn ? [false, true] : [false]) {
        for (const { name } of named.filter((argument) => !intoOwn || !isWhere(argument))) {
          const none = await answer(asked, null, intoOwn, name);
          expect([name, await answer(asked, name, intoOwn)]).toEqual([name, none]);
        }
      }
      expect(await answer(asked, undefined)).toBe(await answer(asked, null));
    },
  );

  test('by identifiers of everything that has one', async () => {
    const ids = (name: string, collection: string, dataset: string) => [
      globalId('Repository', name),
      globalId('Satellite', name),
      globalId('Collection', name, collection),
      globalId('Dataset', name, dataset),
    ];
    const ask = async (id: string) => (await world.ask('carol', 'query ($id: ID!) {node(id: $id) {id}}', { id })).data;
    for (const id of [...ids('alice~mine', 'u/alice/secret', uuid), pairs['job']![0] as string]) {
      expect(await ask(id)).toEqual({ node: null });
    }
  });

  test.each([
    ['a file', (name: string, dataset: string) => `/files/${name}/${dataset}/x`],
    ['a file by its name', (name: string, dataset: string) => `/files/${name}/${dataset}/note-0.yaml`],
    ['the face of stock clients', (name: string) => `/api/butler/repo/${name}/butler.yaml`],
    ['its other answers', (name: string) => `/api/butler/repo/${name}/v1/universe`],
  ])('at the address of %s', async (_what, path) => {
    const ask = async (name: string, dataset: string) => {
      const response = await world.fetch('carol', path(name, dataset));
      return neutral(JSON.stringify([response.status, (await response.text()).replaceAll(/[0-9a-f-]{36}/g, 'ID')]));
    };
    expect(await ask('alice~mine', uuid)).toBe(await ask('alice~none', NONE_UUID));
  });

  test('by a subscription', async () => {
    const ask = async (id: string) => {
      const query = `subscription {jobProgress(id: "${id}") {state}}`;
      const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
      const response = await world.fetch('carol', '/graphql/stream', {
        method: 'POST',
        headers,
        body: JSON.stringify({ query }),
      });
      return neutral(await response.text());
    };
    expect(await ask(pairs['job']![0] as string)).toBe(await ask(NONE_UUID));
  });

  test('by an export', async () => {
    const ask = async (i: 0 | 1) => {
      const [collections, repositories, datasetTypes] = ['collections', 'repositories', 'datasetTypes'].map(
        (n) => pairs[n]![i],
      );
      const body = JSON.stringify({ field: 'datasets', arguments: { collections, repositories, datasetTypes } });
      const headers = { 'content-type': 'application/json' };
      const response = await world.fetch('carol', '/export', { method: 'POST', headers, body });
      return neutral(`${response.status} ${await response.text()}`);
    };
    expect(await ask(0)).toBe(await ask(1));
  });
});
