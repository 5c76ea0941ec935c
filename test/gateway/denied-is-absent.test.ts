/**
 * Whatever takes a name or an identifier answers for another user's as for one that nobody has.  Made from the schema: a new
 * argument has to be told of in `asked-fields.ts` or `denied-world.ts`, or a test fails.
 */
import {
  extendSchema,
  getNamedType,
  isLeafType,
  isNonNullType,
  isObjectType,
  parse,
  type GraphQLNamedType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSchema } from '../../src/gateway/graphql/schema.ts';
import {
  anyValue,
  argumentsOf,
  askedFields,
  isNameless,
  unknownArguments,
  type Argument,
  type Asked,
} from './asked-fields.ts';
import {
  globalId,
  NONE_UUID,
  openDenied,
  SECRET,
  SECRET_INSTRUMENT,
  type DeniedWorld,
  type Pair,
  type Stranger,
} from './denied-world.ts';
import { comparable } from './comparable-answers.ts';

let denied: DeniedWorld;
beforeAll(async () => {
  denied = await openDenied();
});
afterAll(() => denied.world[Symbol.asyncDispose]());

const schema = createSchema();
const userNamed = (name: string): Stranger => denied.strangers.find((stranger) => stranger.name === name)!;
const pairOf = ({ pairs }: Stranger, field: string, argument: string): Pair | undefined =>
  pairs[`${field}.${argument}`] ?? pairs[argument];
/** Values of one's own for arguments that say where something is done. */
const OWN: Readonly<Record<string, string>> = { satellite: 'own', to: 'own', official: 'dp1' };
const isWhere = ({ name }: Argument) => name in OWN;

interface Way {
  /** The argument that is alice's; `all` of them, or `none`. */
  readonly chosen: string;
  /** It is asked of a satellite of one's own. */
  readonly intoOwn?: boolean;
  /** Without the optional arguments, but for this one. */
  readonly alone?: string;
  /** The argument that is given where one of several is. */
  readonly shape?: string;
}

/** All that an answer tells of how it was found. */
function explained(returned: GraphQLNamedType): string {
  if (!isObjectType(returned) || !('explain' in returned.getFields())) return '';
  return `explain {isEmpty reason suggestions messages estimatedRows joinedHere
    steps {kind name collections estimatedRows foundRows why repository {name}}}`;
}

/** What is sent: a document and its variables. */
function request(user: Stranger, { root, parent, field }: Asked, way: Way): { query: string; variables: object } {
  const values: Record<string, unknown> = {};
  for (const argument of argumentsOf(field)) {
    const { name, type } = argument;
    if (way.alone !== undefined && way.alone !== name && !isNonNullType(type)) continue;
    const pair = isNameless(field.name, argument) ? undefined : pairOf(user, field.name, name);
    if (way.intoOwn && isWhere(argument)) values[name] = OWN[name];
    else if (pair) values[name] = pair[way.chosen === 'all' || way.chosen === name ? 0 : 1];
    else if (isNonNullType(type)) values[name] = anyValue(type);
  }
  // One of several is asked for.
  if ('uuids' in values && 'search' in values) delete values[way.shape === 'search' ? 'uuids' : 'search'];
  if ('search' in values && field.name !== 'collections' && root === 'mutation') {
    values['search'] = { datasetTypes: ['hush'], collections: values['search'], findFirst: false };
  }
  if (field.name === 'transferDatasets') delete values['run'];
  // It is to be within the collections, of which whoever asks is told the same.
  if (field.name === 'submitPublication') delete values['search'];
  // A name of one's own for where it comes from.
  if (field.name === 'submitPublication' && 'upload' in values) values['satellite'] = 'laptop';
  if (field.name === 'createRun') values['pipeline'] = { yaml: 'tasks: {calibrate: minipipe.tasks.CalibrateTask}' };
  if (field.name === 'createCollection') values['type'] = 'CHAINED';
  if (field.name === 'ingestDatasets') {
    values['files'] = [{ dataId: {}, path: 'x' }];
    for (const name of way.shape === 'commit' ? ['datasetType', 'run', 'files'] : ['commit']) delete values[name];
  }
  const returned = getNamedType(field.type);
  const selection = isLeafType(returned)
    ? ''
    : returned.name.endsWith('Connection') && returned.name !== 'AuditConnection'
      ? `{totalCount warnings pageInfo {hasNextPage endCursor} edges {cursor} ${explained(returned)}}`
      : returned.name === 'Publication'
        ? '{id version state title}'
        : '{__typename}';
  const variables = field.args[0]?.name === 'input' ? { input: values } : values;
  const declared = field.args.filter(({ name }) => name in variables);
  const header = declared.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = declared.map(({ name }) => `${name}: $${name}`).join(', ');
  const call = `${field.name}${passed === '' ? '' : `(${passed})`} ${selection}`;
  const inside = parent === null ? call : nested(user.reached[parent]!, call);
  return { query: `${root} ${header === '' ? '' : `(${header})`} {${inside}}`, variables };
}

/** What is asked of an object that is reached so. */
function nested(reached: string, call: string): string {
  const open = reached.split('{').length - reached.split('}').length;
  return `${reached} {${call}}${'}'.repeat(open)}`;
}

async function answer(user: Stranger, asked: Asked, way: Way): Promise<string> {
  const isStream = asked.root === 'subscription';
  const response = await denied.world.fetch(user.name, isStream ? '/graphql/stream' : '/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(isStream && { accept: 'text/event-stream' }) },
    body: JSON.stringify(request(user, asked, way)),
  });
  return denied.neutral(await comparable(response));
}

const namesNobody = () => true;
const isKnown = (field: string, argument: string) =>
  denied.strangers.every((user) => pairOf(user, field, argument) !== undefined);

test('every argument is known to name something, or nothing', () => {
  expect(unknownArguments(schema, isKnown)).toEqual([]);
  const types = new Set(askedFields(schema).flatMap(({ parent }) => parent ?? []));
  for (const { reached } of denied.strangers) expect(Object.keys(reached)).toEqual(expect.arrayContaining([...types]));
});

test('an argument of which nobody told is found, within an input too', () => {
  const extended = extendSchema(
    schema,
    parse(`
      input VaultInput {door: DoorInput}
      input DoorInput {lock: ID}
      extend type Query {vault(vault: ID!): String}
      extend type Mutation {openVault(input: VaultInput!): String}
      extend type Subscription {vaultOpened(keeper: String!): String}
      extend type Dataset {shelf(shelfMark: String): String}
    `),
  );
  expect(unknownArguments(extended, isKnown).toSorted()).toEqual([
    'openVault door',
    'openVault lock',
    'shelf shelfMark',
    'vault vault',
    'vaultOpened keeper',
  ]);
  expect(unknownArguments(extended, namesNobody)).toEqual([]);
});

test.each([
  ['collections', 'search'],
  ['datasets', 'repositories'],
  ['dataset', 'uuid'],
  ['node', 'id'],
  ['job', 'id'],
])('alice herself is answered otherwise by %s', async (name, alone) => {
  const alice = { ...userNamed('bob'), name: 'alice' };
  const asked = askedFields(schema).find(({ field, parent }) => parent === null && field.name === name)!;
  const none = await answer(alice, asked, { chosen: 'none', alone });
  expect(await answer(alice, asked, { chosen: 'all', alone })).not.toBe(none);
});

describe.each(['carol', 'bob'])('%s is answered for what is alice’s as for what nobody has', (name) => {
  test.each(askedFields(schema).map((asked) => [asked.root, asked.parent ?? '', asked.field.name, asked] as const))(
    '%s %s %s',
    async (_root, _parent, _name, asked) => {
      const user = userNamed(name);
      const named = argumentsOf(asked.field).filter(
        (argument) => !isNameless(asked.field.name, argument) && pairOf(user, asked.field.name, argument.name),
      );
      const changesOwn = asked.root === 'mutation' && !named.every(isWhere);
      const compare = async (chosen: string, way: Omit<Way, 'chosen'>) => {
        const none = await answer(user, asked, { chosen: 'none', ...way });
        expect([chosen, way, await answer(user, asked, { chosen, ...way })]).toEqual([chosen, way, none]);
      };
      for (const intoOwn of changesOwn ? [false, true] : [false]) {
        for (const { name: chosen } of named.filter((argument) => !intoOwn || !isWhere(argument))) {
          const way = { intoOwn, shape: chosen };
          await compare(chosen, way);
          await compare(chosen, { ...way, alone: chosen });
        }
      }
      await compare('all', {});
    },
  );

  test('by identifiers of everything that has one', async () => {
    const { pairs, name: user } = userNamed(name);
    const uuid = pairs['uuid']![0] as string;
    const ids = [globalId('Collection', 'alice~mine', SECRET), globalId('Dataset', 'alice~mine', uuid)];
    if (name === 'carol') ids.push(globalId('Repository', 'alice~mine'), globalId('Satellite', 'alice~mine'));
    const query = 'query ($id: ID!) {node(id: $id) {id}}';
    for (const id of [...ids, pairs['job']![0] as string]) {
      expect((await denied.world.ask(user, query, { id })).data).toEqual({ node: null });
    }
  });

  test('by data IDs, expressions and bound values of what only alice has', async () => {
    const { reached } = userNamed(name);
    const ask = async (instrument: string) => {
      const query = `query ($dataId: JSONObject, $where: String, $bind: JSONObject) {
        a: dimensionRecords(element: "instrument", dataId: $dataId) {totalCount warnings nodes {dataId}}
        b: dimensionRecords(element: "instrument", where: $where) {totalCount warnings nodes {dataId}}
        c: dataIds(dimensions: ["instrument"], where: "instrument = :it", bind: $bind) {totalCount warnings nodes {dataId}}
        d: datasets(datasetTypes: ["*"], collections: ["*"], findFirst: false, dataId: $dataId) {totalCount warnings}
        e: findDataset(datasetType: "raw", collections: ["HSC/raw/all"], dataId: $dataId) {uuid}
        ${reached['Repository']!} {name}
      }`;
      const variables = { dataId: { instrument }, where: `instrument = '${instrument}'`, bind: { it: instrument } };
      const { status, data, errors } = await denied.world.ask(name, query, variables);
      return JSON.stringify([status, data, errors]).replaceAll(instrument, 'INSTRUMENT');
    };
    const none = await ask('AliceCan');
    expect(await ask(SECRET_INSTRUMENT)).toBe(none);
    const seen = '{dimensionRecords(element: "instrument") {nodes {dataId}}}';
    expect(JSON.stringify(await denied.world.ask(name, seen))).not.toContain(SECRET_INSTRUMENT);
    expect(JSON.stringify(await denied.world.ask('alice', seen))).toContain(SECRET_INSTRUMENT);
  });

  test('by an export', async () => {
    const { pairs } = userNamed(name);
    const ask = async (i: 0 | 1) => {
      const [collections, repositories, datasetTypes] = ['collections', 'repositories', 'datasetTypes'].map(
        (argument) => pairs[argument]![i],
      );
      const body = JSON.stringify({ field: 'datasets', arguments: { collections, repositories, datasetTypes } });
      const headers = { 'content-type': 'application/json' };
      return denied.neutral(
        await comparable(await denied.world.fetch(name, '/export', { method: 'POST', headers, body })),
      );
    };
    expect(await ask(0)).toBe(await ask(1));
  });

  test('by an upload into a satellite of one’s own, under the UUID of a dataset', async () => {
    const { pairs } = userNamed(name);
    const ask = async (uuid: string) => {
      const upload = { fileName: 'x.yaml', size: 1, sha256: '0'.repeat(64) };
      const files = [{ dataId: { instrument: 'HSC', detector: 1 }, uuid, upload }];
      const input = { satellite: 'own', datasetType: 'raw', run: 'u/x', files };
      const { status, data, errors } = await denied.world.change(name, 'ingestDatasets', input, 'job {state}');
      return denied.neutral(JSON.stringify([status, data, errors]));
    };
    expect(await ask(pairs['uuid']![0] as string)).toBe(await ask(NONE_UUID));
  });
});
