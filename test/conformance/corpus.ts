/** The conformance corpus and its repositories (README.md beside this file has the formats). */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { DatasetType } from '../../src/butler/dataset-type.ts';
import { parseJson, type Json, type JsonObject } from '../../src/butler/json.ts';
import { Universe } from '../../src/butler/universe.ts';
import { oneIn } from '../sample.ts';

export const REPOSITORIES = ['satellite', 'official'] as const;
export type RepositoryName = (typeof REPOSITORIES)[number];

export interface Case {
  readonly id: string;
  readonly repo: RepositoryName;
  readonly kind: string;
  readonly args: JsonObject;
  readonly features: readonly string[];
  readonly compare: string;
  readonly policy: 'match' | 'reject' | 'reject_or_empty' | 'limit' | 'db_dependent' | 'unsupported';
  readonly expected: JsonObject & { readonly error?: CaseError };
  readonly note?: string;
}

export interface CaseError {
  readonly error_type: string;
  readonly class: 'user_error' | 'argument_error' | 'empty_result' | 'oracle_crash';
  readonly butler_error_type?: string;
  readonly message: string;
}

/** What the real client sends for a case. */
export interface WireEntry {
  readonly id: string;
  readonly tree: JsonObject;
  readonly result_spec: JsonObject;
  readonly uploads?: readonly { readonly dimensions: readonly string[]; readonly rows: readonly (readonly Json[])[] }[];
}

export const corpusFile = (path: string) => new URL(path, import.meta.url);

export function readCases(): readonly Case[] {
  return readLines('public/cases.jsonl') as unknown as readonly Case[];
}

/** The cases, each with what the real RemoteButler server answers, where that differs. */
export function readRemoteCases(): readonly (Case & { readonly remote?: Case })[] {
  return readCases().map((given) => {
    const { expected_remote: expected } = given as { readonly expected_remote?: Case['expected'] };
    return expected ? { ...given, remote: { ...given, expected } } : given;
  });
}

export function readWire(): ReadonlyMap<string, WireEntry> {
  const entries = readLines('public/wire.jsonl') as unknown as readonly WireEntry[];
  return new Map(entries.map((entry) => [entry.id, entry]));
}

function readLines(path: string): readonly Json[] {
  return readFileSync(corpusFile(path), 'utf8').trimEnd().split('\n').map(parseJson);
}

/** What a client knows of a repository of the corpus. */
export interface CorpusRepository {
  readonly universe: Universe;
  readonly datasetTypes: ReadonlyMap<string, DatasetType>;
}

/** Reads the universe and dataset types of a repository's registry. */
export function readRepository(name: RepositoryName): CorpusRepository {
  const database = new Database(corpusFile(`repos/${name}/gen3.sqlite3`).pathname, { readonly: true });
  try {
    const document = database.prepare<[], { value: string }>(
      `SELECT value FROM butler_attributes WHERE name = 'config:dimensions.json'`,
    );
    const universe = Universe.fromJson(JSON.parse(document.get()!.value));
    const rows = database.prepare<[], { name: string; storage_class: string; calibs: string | null; dims: string }>(
      `SELECT t.name, t.storage_class, t.calibration_association_table AS calibs,
              coalesce(group_concat(g.dimension_name), '') AS dims
       FROM dataset_type t LEFT JOIN dimension_graph_definition g ON g.dimension_graph_id = t.dimensions_key
       GROUP BY t.id`,
    );
    const datasetTypes = rows.all().map((row): DatasetType => ({
      name: row.name,
      dimensions: universe.conform(row.dims.split(',').filter((dimension) => dimension !== '')),
      storageClass: row.storage_class,
      isCalibration: row.calibs !== null,
    }));
    return { universe, datasetTypes: new Map(datasetTypes.map((type) => [type.name, type])) };
  } finally {
    database.close();
  }
}

/** Every `n`th public case, in full all of them, as a file of the runners. @returns its path */
export async function oneInFile(n: number, directory: string): Promise<string> {
  const lines = (await readFile(corpusFile('public/cases.jsonl'), 'utf8')).trimEnd().split('\n');
  const path = join(directory, 'cases.jsonl');
  await writeFile(path, `${oneIn(n, lines).join('\n')}\n`);
  return path;
}
