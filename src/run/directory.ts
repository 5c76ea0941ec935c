/**
 * The directory of a run, which its user can look into: what is in it is for people and tools, and nothing in it is trusted
 * for rights, nor is any of it a secret.
 */
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SatelliteError } from '../butler/errors.ts';
import type { ArtifactStore } from '../repository/direct/datastore/artifact-store.ts';
import type { RunRecord } from './run.ts';

/** Names in it. */
export const RUN_FILES = {
  record: 'run.json',
  /** Of a pipeline that was given as text. */
  pipeline: 'pipeline.yaml',
  /** What was to be expected before the graph was built. */
  plan: 'plan.txt',
  /** The graph, with the places of its inputs' files. */
  graph: 'graph.qg',
  /** One JSON a line for each overall input. */
  inputs: 'inputs.jsonl',
  /** The input collections as they were, with their chains. */
  collections: 'collections.json',
  /** One JSON a line for each thing that happened to a quantum. */
  events: 'events.jsonl',
  /** `logs/{task}/{UUID of the quantum}.log` */
  logs: 'logs',
  /** What became of each quantum, in the form of `butler aggregate-graph`. */
  provenance: 'provenance.qg',
  /** What opens the satellite's datastore, and nothing else, for a QuantumBackedButler. */
  butler: 'butler',
} as const;

/** Where runs are, within a satellite's directory. */
export const RUNS = 'runs';

/** `runs/{output}/{timestamp}` */
export function runPlace(output: string, timestamp: string): string {
  return `${RUNS}/${output}/${timestamp}`;
}

/** Bytes of a log that are read, from its end. */
const LOG_BYTES = 2 ** 20;

export class RunDirectory {
  /** Absolute. */
  readonly path: string;
  readonly #files: ArtifactStore;
  readonly #place: string;

  /**
   * @param files below the satellite's directory, whatever its datastore is
   * @param place of the run's directory within it
   */
  constructor(files: ArtifactStore, place: string) {
    this.#files = files;
    this.#place = place;
    this.path = join(files.root, place);
  }

  /** Writes a file, so that nobody ever sees half of it. @param name within the run's directory */
  async write(name: string, content: string | Uint8Array, signal: AbortSignal): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    await this.#files.write(`${this.#place}/${name}`, once(bytes), {}, signal);
  }

  /** The record as people and tools read it. */
  async writeRecord(record: RunRecord, signal: AbortSignal): Promise<void> {
    await this.write(RUN_FILES.record, `${JSON.stringify(visibleRecord(record), undefined, 2)}\n`, signal);
  }

  /** Text of a file, at most its last bytes; null where there is none. */
  async read(name: string, signal: AbortSignal, most = LOG_BYTES): Promise<string | null> {
    const place = `${this.#place}/${name}`;
    const found = await this.#files.stat(place, signal);
    if (!found) return null;
    const range = found.size > most ? { start: found.size - most, end: found.size - 1 } : null;
    return text(await this.#files.read(place, range, signal));
  }

  async exists(name: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#files.stat(`${this.#place}/${name}`, signal)) !== null;
  }

  /** Names of the files below a directory of it, relative to the run's, in no order. */
  async *list(directory: string, signal: AbortSignal): AsyncGenerator<string> {
    const place = directory === '' ? this.#place : `${this.#place}/${directory}`;
    for await (const { path } of this.#files.list(place, signal)) yield path.slice(this.#place.length + 1);
  }

  /** Removes it with all that is in it. */
  async remove(signal: AbortSignal): Promise<void> {
    const paths: string[] = [];
    for await (const { path } of this.#files.list(this.#place, signal)) paths.push(path);
    await this.#files.remove(paths, signal);
  }
}

/** A run's directory, from its record. @throws SatelliteError CONFLICT where the satellite has moved away from it */
export function directoryOfRun(files: ArtifactStore, { directory }: Pick<RunRecord, 'directory'>): RunDirectory {
  if (directory.startsWith(`${files.root}/`)) return new RunDirectory(files, directory.slice(files.root.length + 1));
  throw new SatelliteError(
    'CONFLICT',
    'The satellite has moved since the run was made: move it back, or make a new run.',
  );
}

/** The same as its user finds it. @param uri what stock Python gives to `Butler(...)` to open the satellite */
export function directoryForUser({ spec, directory }: Pick<RunRecord, 'spec' | 'directory'>, uri: string): string {
  const root = uri.endsWith('.yaml') ? dirname(uri) : uri;
  return join(root, runPlace(spec.output, basename(directory)));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function visibleRecord(record: RunRecord): object {
  const { id, owner, satellite, state, spec, quanta, explain, error, job, worker } = record;
  const times = { createdAt: new Date(record.createdAt), changedAt: new Date(record.changedAt) };
  return { id, owner, satellite, state, quanta, error, explain, job, worker, ...times, ...spec };
}
