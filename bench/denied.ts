/**
 * Whether time tells what is another user's from what nobody has: the two are asked in turn, and the distributions of their
 * times are compared by a Kolmogorov-Smirnov test.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { STACK_DIRECTORY } from '../stack/checkout.ts';
import { StackIssuer, startGateway } from '../stack/gateway.ts';
import { median, type Measure } from './ratio.ts';

const ROUNDS = 500;
/** Enough that what is compiled, cached and pooled is so. */
const WARMING = 100;

/** Probability below which two samples are held to differ. */
const LEAST = 0.01;

const KINDS = ['denied', 'absent'] as const;
/** Milliseconds. */
type Times = Record<(typeof KINDS)[number], number[]>;

interface Compared {
  readonly name: string;
  readonly user: 'bob' | 'carol';
  /** What is asked; a string is a GraphQL document, a path begins with a slash. */
  readonly denied: string;
  readonly absent: string;
}

/** @param root of a repository, which is alice's here; bob may read nothing in it but a prefix that holds nothing */
export async function denied(root: string): Promise<Measure[]> {
  const directory = join(STACK_DIRECTORY, 'bench', 'denied');
  await rm(directory, { recursive: true, force: true });
  const issuer = await StackIssuer.in(directory);
  await using gateway = await startGateway({
    directory,
    issuer,
    repositories: [{ name: 'own', kind: 'direct', path: root, owner: 'alice' }],
    configuration: { state: `sqlite:${join(directory, 'state.sqlite3')}` },
    environment: { NODE_ENV: 'production' },
  });
  const tokens = new Map<string, string>();
  for (const user of ['alice', 'bob', 'carol']) tokens.set(user, await issuer.token(user));
  const ask = async (user: string, asked: string): Promise<string> => {
    const authorization = `Bearer ${tokens.get(user)!}`;
    if (asked.startsWith('/')) return (await fetch(`${gateway.url}${asked}`, { headers: { authorization } })).text();
    const headers = { authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ query: asked });
    return (await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body })).text();
  };
  await ask(
    'alice',
    'mutation {grantAccess(input: {satellite: "own", user: "bob", collection: "none/"}) {grant {id}}}',
  );
  const first = 'datasetTypes: ["*"], collections: ["*"], findFirst: false, first: 1';
  const found = JSON.parse(await ask('alice', `{datasets(${first}) {nodes {uuid}}}`)) as {
    readonly data: { readonly datasets: { readonly nodes: readonly { readonly uuid: string }[] } };
  };
  const { uuid } = found.data.datasets.nodes[0]!;

  const none = randomUUID();
  // of one length, and each always the same text: what is known of a document does not count
  const graph = (id: string) => `{dataset(uuid: "${id}") {uuid run}}`;
  const face = (name: string, id: string) => `/api/butler/repo/alice~${name}/v1/dataset/${id}`;
  const compared: readonly Compared[] = [
    {
      name: 'a repository(name)',
      user: 'carol',
      denied: '{repository(name: "alice~own") {name}}',
      absent: '{repository(name: "alice~owm") {name}}',
    },
    {
      name: 'a satellite(name)',
      user: 'carol',
      denied: '{satellite(name: "alice~own") {name}}',
      absent: '{satellite(name: "alice~owm") {name}}',
    },
    { name: 'a dataset(uuid)', user: 'carol', denied: graph(uuid), absent: graph(none) },
    { name: 'a dataset(uuid), of a part', user: 'bob', denied: graph(uuid), absent: graph(none) },
    {
      name: '/v1/dataset/{uuid}',
      user: 'carol',
      denied: face('own', uuid),
      absent: face('owm', none),
    },
    {
      name: '/v1/dataset/{uuid}, of a part',
      user: 'bob',
      denied: face('own', uuid),
      absent: face('own', none),
    },
  ];
  const measures: Measure[] = [];
  for (const { name, user, ...asked } of compared) {
    const timesOf = async (): Promise<Times> => {
      const times: Times = { denied: [], absent: [] };
      for (let round = -WARMING; round < ROUNDS; round += 1) {
        for (const kind of randomInt(2) === 0 ? KINDS : KINDS.toReversed()) {
          const begin = performance.now();
          await ask(user, asked[kind]);
          if (round >= 0) times[kind].push(performance.now() - begin);
        }
      }
      return times;
    };
    let times = await timesOf();
    // One of a hundred differs by chance, but not twice.
    if (sameDistribution(times) <= LEAST) times = await timesOf();
    const medians = KINDS.map((kind) => median(times[kind]).toFixed(2)).join(' and ');
    measures.push({
      name: `denied against absent, ${name} (${medians} ms)`,
      unit: 'p',
      ours: sameDistribution(times),
      bound: { atLeast: LEAST },
    });
  }
  return measures;
}

/** The probability that two samples of one distribution differ as much as these (two-sample Kolmogorov-Smirnov). */
function sameDistribution({ denied: a, absent: b }: Times): number {
  const [x, y] = [a.toSorted((p, q) => p - q), b.toSorted((p, q) => p - q)];
  let [i, j, distance] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const at = Math.min(x[i]!, y[j]!);
    while (i < x.length && x[i]! <= at) i += 1;
    while (j < y.length && y[j]! <= at) j += 1;
    distance = Math.max(distance, Math.abs(i / x.length - j / y.length));
  }
  const size = Math.sqrt((x.length * y.length) / (x.length + y.length));
  // Stephens' correction for finite samples
  const lambda = (size + 0.12 + 0.11 / size) * distance;
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k += 1) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}
