/** What grants cost: the same page with 10 000 of them and 200 groups, and from a gateway where nothing is granted. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCESS_TABLES } from '../src/access/tables.ts';
import { repositoryResource } from '../src/access/grants.ts';
import { openState } from '../src/state/open.ts';
import { prepareTables } from '../src/state/tables.ts';
import { STACK_DIRECTORY } from '../stack/checkout.ts';
import { StackIssuer, startGateway } from '../stack/gateway.ts';
import { askRefs, timed } from './questions.ts';
import { compare, type Measure } from './ratio.ts';

const GRANTS = 10_000;
const GROUPS = Array.from({ length: 200 }, (_, i) => `g_${i}`);
const ROWS = 100;
const COLUMNS = ['id', 'resource', 'collection', 'subject_kind', 'subject', 'access_right', 'granted_by', 'granted_at'];

/** @param root of the large repository, which is alice's here */
export async function grants(root: string): Promise<Measure[]> {
  const directory = join(STACK_DIRECTORY, 'bench', 'grants');
  await rm(directory, { recursive: true, force: true });
  const issuer = await StackIssuer.in(directory);
  const gateway = (name: string) =>
    startGateway({
      directory: join(directory, name),
      issuer,
      repositories: [{ name: 'own', kind: 'direct', path: root, owner: 'alice' }],
      configuration: { state: `sqlite:${join(directory, name, 'state.sqlite3')}` },
      environment: { NODE_ENV: 'production' },
    });
  await using plain = await gateway('plain');
  await using shared = await gateway('shared');
  await grantAll(join(directory, 'shared', 'state.sqlite3'));
  const page = (url: string, token: string, repositories: readonly string[]) => () =>
    timed(
      ROWS,
      async () => (await askRefs({ graphql: `${url}/graphql`, token }, { repositories, first: ROWS })).nodes.length,
    );
  const bound = { unit: 'ms', rounds: 101, bound: { atMost: 1.15 } } as const;
  const none = page(plain.url, await issuer.token('alice', []), ['own']);
  const owner = page(shared.url, await issuer.token('alice', GROUPS), ['own']);
  const reader = page(shared.url, await issuer.token('bob', GROUPS), ['alice~own']);
  return [
    await compare({ name: '100 rows for an owner who granted 10 000 times, to none', ...bound }, owner, none),
    await compare({ name: '100 rows for a reader of 10 000 grants in 200 groups, to none', ...bound }, reader, none),
  ];
}

/** A fifth of them to bob, the others to groups of his; the last one lets him read what is there. */
async function grantAll(file: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const state = await openState(`sqlite:${file}`, signal);
  try {
    await prepareTables(state.database, ACCESS_TABLES, signal);
    const rows = Array.from({ length: GRANTS }, (_, i) => {
      const subject = i % 5 === 0 ? ['user', 'bob'] : ['group', GROUPS[i % GROUPS.length]!];
      const collection = i === GRANTS - 1 ? 'SimCam/' : `u/alice/${i}/`;
      return [`grant ${i}`, repositoryResource('own'), collection, ...subject, 'READ', 'alice', 0n];
    });
    await state.database.transaction(
      (transaction) => transaction.insert({ table: 'access_grant', columns: COLUMNS, rows }),
      signal,
    );
  } finally {
    await state.close();
  }
}
