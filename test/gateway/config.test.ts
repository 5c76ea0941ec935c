import { expect, test } from 'vitest';
import { ConfigurationError, parseConfig } from '../../src/gateway/config.ts';

const MINIMAL = 'auth: {issuers: [{issuer: "https://id.example", audience: gateway, jwks: ./jwks.json}]}';
const read = (yaml: string, environment: NodeJS.ProcessEnv = {}) =>
  parseConfig(yaml, { file: '/etc/satellite/gateway.yaml', environment });

function problemOf(yaml: string, environment?: NodeJS.ProcessEnv): string {
  try {
    read(yaml, environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'none';
}

test('what is left out has its default, and relative paths are relative to the file', () => {
  const config = read(`${MINIMAL}\nrepositories: [{name: own, kind: direct, path: ./own, owner: alice}]`);
  expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8080, limits: { seconds: 60, depth: 12 } });
  expect(config.repositories[0]).toMatchObject({ path: '/etc/satellite/own', owner: 'alice' });
  expect(config.auth.issuers[0]).toMatchObject({ jwks: '/etc/satellite/jwks.json', groupsClaim: 'groups' });
});

test('the shape of the design is accepted', () => {
  const config = read(`
http: {host: 127.0.0.1, port: 0}
state: sqlite:./state.sqlite3
repositories:
  - {name: dp1, kind: remote, url: "http://127.0.0.1:9001/api/butler/repo/dp1", token: forward}
  - {name: published, kind: direct, path: ./published, role: published, reviewers: {groups: [g_curators]}, restart: confirm}
  - {name: alice-old, kind: direct, path: ./alice, owner: alice}
satellites: {root: ./satellites}
auth: {issuers: [{issuer: i, audience: a, jwks: "https://id.example/jwks.json", groupsClaim: groups, scopeClaim: scope}]}
python: {executable: ./.venv/bin/python, path: [./tasks]}
runs: {executeAs: none}
publicUrl: https://satellite.example/
`);
  expect(config.publicUrl).toBe('https://satellite.example');
  expect(config.python).toEqual({ executable: '/etc/satellite/.venv/bin/python', path: ['/etc/satellite/tasks'] });
  expect(config.writing).toMatchObject({
    state: 'sqlite:/etc/satellite/state.sqlite3',
    satellites: { root: '/etc/satellite/satellites', restoreDays: 30, quotaBytes: null },
  });
});

test('without state and satellites a gateway only reads; with one of them the other has its defaults', () => {
  expect(read(MINIMAL).writing).toBeUndefined();
  expect(read(`${MINIMAL}\nstate: postgresql://localhost/gateway`).writing).toMatchObject({
    state: 'postgresql://localhost/gateway',
    satellites: { root: '/etc/satellite/satellites' },
  });
  expect(read(`${MINIMAL}\nsatellites: {root: /data}`).writing).toMatchObject({
    state: 'sqlite:/etc/satellite/state.sqlite3',
    satellites: { root: '/data' },
  });
});

test('tokens that say nothing of scopes are good for all, unless their issuer says otherwise', () => {
  const scopes = (yaml: string) => read(yaml).auth.issuers[0]!.scopes;
  expect(scopes(MINIMAL)).toEqual(['read:image', 'write:files']);
  expect(scopes(MINIMAL.replace(']}', '], scopes: {query: [], change: [edit]}}'))).toEqual(['edit']);
  expect(scopes(MINIMAL.replace('audience', 'scopes: [read:image], audience'))).toEqual(['read:image']);
});

test('a gateway of the platform needs no other issuer', () => {
  const { auth } = read('auth: {gafaelfawr: {url: "https://rsp.example/", trustedProxy: [127.0.0.1/32]}}');
  expect(auth).toMatchObject({ issuers: [], gafaelfawr: { url: 'https://rsp.example', cacheSeconds: 60 } });
});

test('variables are replaced from the environment, as text only', () => {
  const yaml = `${MINIMAL}\nrepositories: [{name: dp1, kind: remote, url: "https://x.example/dp1", token: "\${TOKEN}"}]`;
  expect(read(yaml, { TOKEN: 'a: {b: c}' }).repositories[0]).toMatchObject({ token: 'a: {b: c}' });
  expect(problemOf(yaml)).toContain('repositories[0].token: environment variable TOKEN is not set');
});

test.each([
  ['an unknown key', `${MINIMAL}\nhttp: {prot: 80}`, 'http: Unrecognized key: "prot"'],
  ['a wrong kind of value', `${MINIMAL}\nhttp: {port: high}`, 'http.port: Invalid input: expected number'],
  ['no issuer', 'http: {port: 1}', 'auth: Invalid input'],
  [
    'code of nobody in particular as the gateway’s own user',
    `${MINIMAL}\npython: {executable: python}\nruns: {executeAs: self}`,
    'runs.user: goes with "executeAs: self"',
  ],
  [
    'a name that is there twice',
    `${MINIMAL}\nrepositories: [{name: a, kind: direct, path: x}, {name: a, kind: direct, path: y}]`,
    'repositories[1].name: "a" is there twice',
  ],
  [
    'a webhook that is there twice, of which no event could be written down',
    `${MINIMAL}\nwebhooks: [{url: "https://x/a", secret: ${'s'.repeat(16)}}, {url: "https://x/a", secret: ${'t'.repeat(16)}}]`,
    'webhooks[1].url: is there twice',
  ],
  [
    'a webhook with a password, which could not be called',
    `${MINIMAL}\nwebhooks: [{url: "https://user:word@x/a", secret: ${'s'.repeat(16)}}]`,
    'webhooks[0].url: must not have a user or a password',
  ],
  ['an unknown kind', `${MINIMAL}\nrepositories: [{name: a, kind: tape}]`, 'repositories[0].kind'],
  [
    'delegated tokens',
    `${MINIMAL}\nrepositories: [{name: a, kind: remote, url: "https://x", token: delegated}]`,
    'repositories[0].token: needs auth.gafaelfawr',
  ],
  ['neither issuers nor Gafaelfawr', 'auth: {}', 'auth.issuers: at least one is needed, or auth.gafaelfawr'],
  [
    'rights that would end too late',
    'auth: {gafaelfawr: {url: "https://rsp.example", cacheSeconds: 1141}}',
    'auth.gafaelfawr.cacheSeconds: must be at most 1140: revoked rights must end within 30 minutes',
  ],
  [
    'an ingress that is no block of addresses',
    'auth: {gafaelfawr: {url: "https://rsp.example", trustedProxy: [ingress]}}',
    'auth.gafaelfawr.trustedProxy[0]: must be a block of addresses such as 10.0.0.0/8',
  ],
  [
    'groups from Gafaelfawr without a token to ask for them',
    MINIMAL.replace('audience', 'groupsFrom: gafaelfawr, audience'),
    'auth.issuers[0].groupsFrom: needs auth.gafaelfawr.serviceToken',
  ],
  [
    'a signature that whoever checks it can forge',
    MINIMAL.replace('audience', 'algorithms: [HS256], audience'),
    'auth.issuers[0].algorithms[0]',
  ],
  [
    'a clock that is far away',
    MINIMAL.replace('audience', 'clockToleranceSeconds: 61, audience'),
    'auth.issuers[0].clockToleranceSeconds',
  ],
  [
    'an issuer that is there twice',
    'auth: {issuers: [{issuer: a, audience: b, jwks: c}, {issuer: a, audience: d, jwks: e}]}',
    'auth.issuers[1].issuer: is there twice',
  ],
  [
    'an issuer with the gateway’s own name',
    'auth: {issuers: [{issuer: "urn:satellite:gateway", audience: b, jwks: c}]}',
    'auth.issuers[0].issuer: is the name of the gateway itself',
  ],
  [
    'readers of a repository that is one user’s',
    `${MINIMAL}\nrepositories: [{name: a, kind: direct, path: x, owner: alice, groups: [g_a]}]`,
    'repositories[0].groups: is for a repository without an owner',
  ],
  [
    'gateways that are asked about a repository of which they tell nobody',
    `${MINIMAL}\nrepositories: [{name: a, kind: direct, path: x, role: published, groups: [g_a], publishing: {replicas: ["http://b"]}}]`,
    'repositories[0].publishing: "replicas" cannot be asked for a repository with "groups" or an "owner"',
  ],
  [
    'keys over plain http',
    MINIMAL.replace('./jwks.json', '"http://id.example/jwks"'),
    'auth.issuers[0].jwks: must be a file or an https address',
  ],
  [
    'GraphiQL apart from an API that it cannot know',
    `${MINIMAL}\ngraphiql: {origin: "https://g.example"}`,
    'graphiql.origin: needs a publicUrl of another origin',
  ],
  [
    'GraphiQL on the very origin of the API',
    `${MINIMAL}\ngraphiql: {origin: "https://g.example"}\npublicUrl: https://g.example/api`,
    'graphiql.origin: needs a publicUrl of another origin',
  ],
  ['a prefix with a slash at its end', `${MINIMAL}\nhttp: {pathPrefix: /api/}`, 'http.pathPrefix: must be a path'],
  ['text that is not YAML', 'http: {', 'gateway.yaml cannot be used'],
])('%s is an error that names the key', (_what, yaml, problem) => {
  expect(problemOf(yaml)).toContain(problem);
});

test('an error shows no value, because it may be a secret', () => {
  const yaml = `${MINIMAL}\nrepositories: [{name: dp1, kind: remote, url: "\${SECRET}"}]`;
  expect(problemOf(yaml, { SECRET: 'hush' })).not.toContain('hush');
});
