/** The configuration file: its shape with every option's meaning and default, and how it is read. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { LONGEST_RECHECK_SECONDS } from '../access/group-age.ts';
import { DEFAULT_QUERY_LIMITS } from '../repository/repository.ts';
import type { SatelliteSettings } from '../satellite/settings.ts';
import { authConfig } from './auth-config.ts';
import { expandVariables } from './environment.ts';
import { publishingConfig, webhookConfig } from './publishing-config.ts';
import { runsConfig } from './runs-config.ts';
import { satelliteSettings, satellitesConfig } from './satellites-config.ts';

const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const name = z.string().regex(NAME, 'must be small letters, digits, "_", "." and "-", at most 64');
const httpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/$/, ''));
const count = z.int().positive();
const ORIGIN = /^https?:\/\/(\*(\.[a-z0-9.-]+)?|[a-z0-9.-]+(:\d+)?|\[[0-9a-f:.]+\](:\d+)?)\/?$/i;
const OWN_ORIGIN = /^https?:\/\/[a-z0-9.-]+(:\d+)?$/;

const limits = z.strictObject({
  /** Seconds that a GraphQL request may take, upstream included. @default 60 */
  seconds: count.default(60),
  /** Seconds that an export may take. @default 3600 */
  exportSeconds: count.default(3600),
  /** Largest request body in bytes. @default 1048576 */
  bodyBytes: count.default(1 << 20),
  /** Levels of nested fields, fragments counted in. @default 12 */
  depth: count.default(12),
  /** Aliases in an operation. @default 30 */
  aliases: count.default(30),
  /** Directives in an operation. @default 20 */
  directives: count.default(20),
  /** Fields at the top of an operation. @default 20 */
  rootFields: count.default(20),
  /** Lexical tokens of a document. @default 2000 */
  tokens: count.default(2000),
  /** Objects that an answer may hold, reckoned from `first` before anything is asked. @default 500000 */
  nodes: count.default(500_000),
  /** GraphQL requests of a user that a gateway answers at a time; the others wait. @default 2 */
  requests: count.default(2),
  /** Exports, and streams of stock clients, of a user that a gateway sends at a time; the others wait. @default 4 */
  streams: count.default(4),
  /** Rows of several repositories that are brought together to be joined for one query. @default 1000000 */
  joinedRows: count.default(DEFAULT_QUERY_LIMITS.joinedRows),
  /** Rows that come of pairing all values of some dimensions with all of others (visits with detectors). @default 10000000 */
  pairedRows: count.default(DEFAULT_QUERY_LIMITS.pairedRows),
  /** Subscriptions that a user may watch at a time. @default 20 */
  subscriptions: count.default(20),
  /** Seconds after which the rights to what goes on (a subscription, an export, a download, a job) are checked again. @default 30 */
  recheckSeconds: count
    .max(LONGEST_RECHECK_SECONDS, 'must be at most 60: a right that was revoked must end soon')
    .default(30),
  /** Points that a user's requests may cost in a minute, where the user's quota names none. @default 300000 */
  costPerMinute: count.default(300_000),
});

const http = z.strictObject({
  /** Address to listen on. @default 127.0.0.1 */
  host: z.string().default('127.0.0.1'),
  /** Port to listen on; 0 takes a free one. @default 8080 */
  port: z.int().min(0).max(65535).default(8080),
  /**
   * Path before all addresses but `/healthz` and `/metrics`, such as `/api/satellite`, where a proxy does not take it off.
   * @default none
   */
  pathPrefix: z
    .string()
    .regex(/^(\/[\w.-]+)+$/, 'must be a path such as /api/satellite')
    .optional(),
  /** What one request may cost. */
  limits: limits.prefault({}),
});

const repositoryBase = {
  /** Name in the gateway. */
  name,
  /** Whose satellite it is: it exists for others as far as it is shared. @default every authenticated user's to read */
  owner: z.string().optional(),
  /** Groups whose members alone it exists for, whatever its own server says. @default every authenticated user */
  groups: z.array(z.string().min(1)).min(1).optional(),
  /** `published`: where reviewed collections are published. @default official, or a satellite where it has an owner */
  role: z.literal('published').optional(),
  /** Who reviews publications into it. @default nobody: nothing can be published in it */
  reviewers: z
    .strictObject({ groups: z.array(z.string()).optional(), users: z.array(z.string()).optional() })
    .optional(),
  /**
   * Whether servers have it in memory, so that some changes (new instruments, new sky maps) need a restart: `confirm`, who
   * approves such a publication confirms that; `none`, no server has. @default confirm
   */
  restart: z.enum(['none', 'confirm']).optional(),
  /** How publications into it are treated. */
  publishing: publishingConfig.optional(),
};

const remoteRepository = z.strictObject({
  ...repositoryBase,
  /** A RemoteButler server. */
  kind: z.literal('remote'),
  /** Address of the repository at the server, such as `https://data.lsst.cloud/api/butler/repo/dp1`. */
  url: httpUrl,
  /**
   * `forward`: ask with the caller's own token; `delegated`: with a token of Gafaelfawr's, the one that the ingress delegated or
   * the caller's own, and for callers without one the repository does not exist; else the token itself, best as
   * `${VARIABLE}`. @default forward
   */
  token: z.string().default('forward'),
  /**
   * With `forward` or `delegated`: the token of the gateway's own service, best as `${VARIABLE}`, with which files are fetched for
   * addresses that hold a capability instead of their reader's token. @default none: such addresses are refused
   */
  serviceToken: z.string().min(1).optional(),
});

const directRepository = z.strictObject({
  ...repositoryBase,
  /** A repository on files and a database of one's own. */
  kind: z.literal('direct'),
  /** Its directory, or its `butler.yaml`. */
  path: z.string().min(1),
});

const graphiql = z.strictObject({
  /** Whether `GET /` serves GraphiQL. @default true */
  enabled: z.boolean().default(true),
  /**
   * An origin of its own, such as `https://graphiql.example.org`, whose requests a proxy brings here under that name: the page
   * is there alone, no other address has any HTML, and its scripts may ask the API (CORS, without cookies).
   * @default the gateway's own
   */
  origin: z.string().regex(OWN_ORIGIN, 'must be an origin such as https://graphiql.example.org').optional(),
  /** A directory of `.graphql` files that open as tabs, in the order of their names. @default the examples built in */
  examples: z.string().min(1).optional(),
  /**
   * A token that GraphiQL fills in for whoever opens it. Only for demonstrations: taken only if it is a development issuer's
   * and the gateway listens on a loopback address.
   */
  token: z.string().optional(),
});

const outbound = z.strictObject({
  /**
   * Origins beside those of the repositories and stores in this file from which the gateway may fetch files at addresses that
   * users record: `https://archive.example.org`, or patterns, which let in public hosts only: `https://*.example.org`.
   * @default none
   */
  origins: z.array(z.string().regex(ORIGIN, 'must be an origin such as https://host, or https://*.domain')).default([]),
});

const python = z.strictObject({
  /**
   * The interpreter of an environment with Rubin's stack (`lsst-pipe-base`, `lsst-ctrl-mpexec`), which builds and executes runs,
   * and with `daf_butler_migrate`, which migrates satellites.
   */
  executable: z.string().min(1),
  /** Directories of further modules and of pipeline files. */
  path: z.array(z.string().min(1)).default([]),
});

/** What a configuration file may hold; docs/configuration.md has a row for every key. */
export const gatewayConfig = z
  .strictObject({
    http: http.prefault({}),
    /** What can be read; the order is the default search order, after the caller's own. */
    repositories: z.array(z.discriminatedUnion('kind', [remoteRepository, directRepository])).default([]),
    /**
     * Names by which the RemoteButler face offers several repositories as one: `all: [work, dp1]`, in search order. A name of
     * a satellite is the caller's own. @default none
     */
    views: z.record(name, z.array(z.string()).min(1)).default({}),
    auth: authConfig,
    graphiql: graphiql.prefault({}),
    /** How others reach the gateway: permanent addresses start with it. @default the listening address */
    publicUrl: httpUrl.optional(),
    /**
     * Where the gateway keeps its own records: `sqlite:FILE`, or `postgresql://…` for several gateways.
     * @default sqlite:./state.sqlite3 where there is a section `satellites`; else the gateway only reads
     */
    state: z
      .string()
      .regex(/^(sqlite:.|postgresql:\/\/)/, 'must begin with sqlite: or postgresql://')
      .optional(),
    /** Repositories that users make. @default with `state` its defaults; else the gateway only reads */
    satellites: satellitesConfig.optional(),
    /** Who is told what happens to publications. @default nobody */
    webhooks: z.array(webhookConfig).default([]),
    /** What the gateway itself may fetch. */
    outbound: outbound.prefault({}),
    /** Rubin's own Python. @default none: satellites cannot be migrated, and the gateway does no runs */
    python: python.optional(),
    /** How pipelines are run. */
    runs: runsConfig.prefault({}),
  })
  .superRefine(({ repositories, views, auth, graphiql, publicUrl, webhooks, runs, python }, ctx) => {
    if (runs.executeAs !== 'none' && !python) {
      ctx.addIssue({ code: 'custom', path: ['runs', 'executeAs'], message: 'needs python.executable' });
    }
    if ((runs.executeAs === 'self') !== (runs.user !== undefined)) {
      const message = 'goes with "executeAs: self": the name of the only user whose code runs as the gateway itself';
      ctx.addIssue({ code: 'custom', path: ['runs', 'user'], message });
    }
    for (const { name: taken } of repositories.filter((repository) => Object.hasOwn(views, repository.name))) {
      ctx.addIssue({ code: 'custom', path: ['views', taken], message: 'is the name of a repository' });
    }
    if (graphiql.origin !== undefined && (publicUrl === undefined || new URL(publicUrl).origin === graphiql.origin)) {
      const message = 'needs a publicUrl of another origin: the page has to know where the API is';
      ctx.addIssue({ code: 'custom', path: ['graphiql', 'origin'], message });
    }
    for (const [i, { url }] of webhooks.entries()) {
      if (webhooks.findIndex((webhook) => webhook.url === url) === i) continue;
      ctx.addIssue({ code: 'custom', path: ['webhooks', i, 'url'], message: 'is there twice' });
    }
    for (const [i, repository] of repositories.entries()) {
      const wrong = (key: string, message: string) => {
        ctx.addIssue({ code: 'custom', path: ['repositories', i, key], message });
      };
      if (repositories.findIndex((r) => r.name === repository.name) < i) {
        wrong('name', `"${repository.name}" is there twice`);
      }
      if (repository.kind === 'remote' && repository.token === 'delegated' && !auth.gafaelfawr) {
        wrong('token', 'needs auth.gafaelfawr');
      }
      if (repository.kind === 'remote' && repository.role === 'published') {
        wrong('role', 'is for "kind: direct": a remote repository’s own server decides who reads what in it');
      }
      if (repository.publishing?.replicas.length && (repository.groups ?? repository.owner) !== undefined) {
        wrong(
          'publishing',
          '"replicas" cannot be asked for a repository with "groups" or an "owner", of which /metrics does not tell: leave them out',
        );
      }
      if (repository.groups && repository.owner !== undefined) {
        wrong(
          'groups',
          'is for a repository without an owner: one with an owner exists for those with whom it is shared',
        );
      }
    }
  });

type ParsedConfig = z.output<typeof gatewayConfig>;
/** A configuration with all its paths absolute. */
export interface GatewayConfig extends Omit<ParsedConfig, 'state' | 'satellites'> {
  /** What is needed for changes; undefined: the gateway only reads. */
  readonly writing: { readonly state: string; readonly satellites: SatelliteSettings } | undefined;
}
export type RepositoryConfig = GatewayConfig['repositories'][number];
export type RequestLimits = GatewayConfig['http']['limits'];

/** A configuration that cannot be used; the message names the file and the keys. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
}

/** Reads a configuration file. Relative paths in it are relative to it. @throws ConfigurationError */
export async function readConfig(file: string, environment: NodeJS.ProcessEnv): Promise<GatewayConfig> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  return parseConfig(text, { file, environment });
}

/** The same from text. */
export function parseConfig(
  text: string,
  { file, environment }: { readonly file: string; readonly environment: NodeJS.ProcessEnv },
): GatewayConfig {
  const problems: string[] = [];
  try {
    const expanded = expandVariables(parse(text), environment, (path, variable) => {
      problems.push(`${path}: environment variable ${variable} is not set`);
    });
    const parsed = gatewayConfig.safeParse(expanded, { reportInput: false });
    if (parsed.success && problems.length === 0) return resolvePaths(parsed.data, dirname(file));
    if (!parsed.success) problems.push(...parsed.error.issues.map((i) => `${z.core.toDotPath(i.path)}: ${i.message}`));
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    problems.push(error.message);
  }
  throw new ConfigurationError(`${file} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
}

function resolvePaths({ state, satellites, ...config }: ParsedConfig, directory: string): GatewayConfig {
  const { auth, graphiql, repositories, python, runs } = config;
  return {
    ...config,
    repositories: repositories.map((r) => (r.kind === 'direct' ? { ...r, path: resolve(directory, r.path) } : r)),
    auth: {
      ...auth,
      issuers: auth.issuers.map((i) => (i.jwks.startsWith('https:') ? i : { ...i, jwks: resolve(directory, i.jwks) })),
    },
    graphiql: graphiql.examples ? { ...graphiql, examples: resolve(directory, graphiql.examples) } : graphiql,
    python: python && {
      // A bare name is found as a shell finds it.
      executable: python.executable.includes('/') ? resolve(directory, python.executable) : python.executable,
      path: python.path.map((path) => resolve(directory, path)),
    },
    runs: { ...runs, bps: { ...runs.bps, tokens: resolve(directory, runs.bps.tokens) } },
    writing:
      state === undefined && satellites === undefined
        ? undefined
        : {
            state: statePath(state ?? 'sqlite:./state.sqlite3', directory),
            satellites: satelliteSettings(satellites ?? satellitesConfig.parse({}), directory),
          },
  };
}

function statePath(state: string, directory: string): string {
  return state.startsWith('sqlite:') ? `sqlite:${resolve(directory, state.slice('sqlite:'.length))}` : state;
}
