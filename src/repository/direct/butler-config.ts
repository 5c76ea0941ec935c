/** The `butler.yaml` of a DirectButler repository. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { RepositoryUnavailableError } from '../../butler/errors.ts';
import { FILE_RECORDS_TABLE } from './schema/static-tables.ts';

/** Its class, as `butler.yaml` names it. */
export const FILE_DATASTORE = 'lsst.daf.butler.datastores.fileDatastore.FileDatastore';
const DIRECT_BUTLERS = ['DirectButler', 'lsst.daf.butler.direct_butler.DirectButler'];

const manager = z.union([
  z.string(),
  z.object({ cls: z.string(), config: z.looseObject({ overrides: z.unknown().optional() }).nullish() }),
]);

/** Only what bears on reading; other sections (templates, formatters, constraints, …) say how to write. */
const schema = z.looseObject({
  cls: z.string().optional(),
  root: z.string().optional(),
  datastore: z
    .looseObject({
      cls: z.string().optional(),
      name: z.string().optional(),
      root: z.string().optional(),
      records: z.looseObject({ table: z.string().optional() }).nullish(),
    })
    .nullish(),
  registry: z
    .looseObject({
      db: z.string().optional(),
      namespace: z.string().nullish(),
      managers: z.record(z.string(), manager).nullish(),
    })
    .nullish(),
});

export type DatabaseLocation =
  | { readonly dialect: 'sqlite'; readonly path: string }
  /** `url` starts with `postgresql://`, without a driver's name; no namespace: the role's current schema. */
  | { readonly dialect: 'postgresql'; readonly url: string; readonly namespace: string | undefined };

/** Sections that change how stock Butler writes, in ways that are not implemented here. */
const WRITING_SECTIONS = [
  ['storageClasses'],
  ['datastore', 'templates'],
  ['datastore', 'formatters'],
  ['datastore', 'composites'],
  ['datastore', 'constraints'],
  ['datastore', 'checksum'],
  ['registry', 'managers', 'obscore'],
] as const;

export interface ButlerConfig {
  readonly database: DatabaseLocation;
  /** Kind (`collections`, …) → class name, of the managers that the configuration names. */
  readonly managers: ReadonlyMap<string, string>;
  /** Absolute path or URI of the files. */
  readonly datastoreRoot: string;
  /** What marks the datastore's rows in the registry. */
  readonly datastoreName: string;
  readonly recordsTable: string;
  /** Keys of sections because of which it cannot be written to. */
  readonly readOnlyBecauseOf: readonly string[];
}

/**
 * Reads the configuration of the repository at `location`: a directory that holds `butler.yaml`, such a file, or a
 * `file:` URI of either.
 * @throws RepositoryUnavailableError where there is none, or naming the key that is not supported
 */
export async function readButlerConfig(repository: string, location: string): Promise<ButlerConfig> {
  const refuse = (message: string, cause?: unknown): never => {
    throw new RepositoryUnavailableError(repository, `Repository '${repository}' cannot be opened: ${message}`, {
      cause,
    });
  };
  let path = resolve(location.startsWith('file:') ? fileURLToPath(location) : location);
  let document: unknown;
  try {
    if ((await stat(path)).isDirectory()) path = join(path, 'butler.yaml');
    document = parse(await readFile(path, 'utf8')) ?? {};
  } catch (error) {
    refuse('there is no readable butler.yaml at its configured place.', error);
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success) return refuse(`its butler.yaml is not understood: ${z.prettifyError(parsed.error)}`);

  const config = parsed.data;
  const supported = (key: string, found: string | undefined, values: readonly string[]) => {
    if (found !== undefined && !values.includes(found)) {
      refuse(`'${key}' is '${found}'; supported: ${values.join(', ')}.`);
    }
  };
  supported('cls', config.cls, DIRECT_BUTLERS);
  supported('datastore.cls', config.datastore?.cls, [FILE_DATASTORE]);

  const managers = new Map<string, string>();
  for (const [kind, value] of Object.entries(config.registry?.managers ?? {})) {
    managers.set(kind, typeof value === 'string' ? value : value.cls);
    if (typeof value !== 'string' && value.config?.overrides !== undefined) {
      refuse(`'registry.managers.${kind}.config.overrides' is set; supported: no overrides.`);
    }
  }

  const root = config.root ?? dirname(path);
  const expand = (text: string) => text.replaceAll('<butlerRoot>', root.replace(/\/$/, ''));
  const datastoreRoot = config.datastore?.root ?? '<butlerRoot>/datastore';
  const db = expand(config.registry?.db ?? 'sqlite:///<butlerRoot>/gen3.sqlite3');
  return {
    database: databaseLocation(db, config.registry?.namespace ?? undefined) ?? refuse(unsupportedDatabase(db)),
    managers,
    datastoreRoot: expand(datastoreRoot),
    // With the root as it is written: the text `<butlerRoot>` stays.
    datastoreName: config.datastore?.name ?? `FileDatastore@${datastoreRoot}`,
    recordsTable: config.datastore?.records?.table ?? FILE_RECORDS_TABLE,
    readOnlyBecauseOf: WRITING_SECTIONS.filter((keys) => isSet(config, keys)).map((keys) => keys.join('.')),
  };
}

/** Whether there is anything but false or emptiness under the keys. */
function isSet(config: unknown, keys: readonly string[]): boolean {
  const value = keys.reduce<unknown>((section, key) => (section as Record<string, unknown> | undefined)?.[key], config);
  return Boolean(value) && !(typeof value === 'object' && Object.keys(value!).length === 0);
}

function databaseLocation(db: string, namespace: string | undefined): DatabaseLocation | undefined {
  const [, scheme, rest] = /^([a-z0-9]+)(?:\+[a-z0-9_]+)?:\/\/(.*)$/.exec(db) ?? [];
  if (scheme === 'postgresql' && rest !== undefined) {
    return { dialect: 'postgresql', url: `postgresql://${rest}`, namespace };
  }
  // Three slashes and an absolute path; a relative one would depend on where a process was started.
  if (scheme === 'sqlite' && rest?.startsWith('//') && !rest.includes('?')) {
    return { dialect: 'sqlite', path: rest.slice(1) };
  }
  return undefined;
}

function unsupportedDatabase(db: string): string {
  const scheme = /^[^:]*/.exec(db)![0];
  return `'registry.db' has the scheme '${scheme}' or a relative path; supported: sqlite with an absolute path, postgresql.`;
}
