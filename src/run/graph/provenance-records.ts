/** How attempts to run a quantum went, and what they logged. */
import { z } from 'zod';
import { uuid } from './documents.ts';
import { unreadable } from './unreadable.ts';

/** Numbers of stock Python's `QuantumAttemptStatus`. */
const STATUSES = {
  /** It ended so hard that it left neither log nor metadata. */
  ABORTED: -4,
  /** Nothing was found that it left. */
  UNKNOWN: -3,
  /** Its outputs are there, but it ended before its log was written. */
  ABORTED_SUCCESS: -2,
  /** It raised an exception. */
  FAILED: -1,
  /** It was not run, as one before it failed. */
  BLOCKED: 0,
  SUCCESSFUL: 1,
} as const;
export type QuantumStatus = keyof typeof STATUSES;
const STATUS_OF = new Map(Object.entries(STATUSES).map(([name, number]) => [number as number, name as QuantumStatus]));

/** Flags of stock Python's `QuantumSuccessCaveats`, from the lowest bit on. */
const CAVEATS = [
  'ANY_OUTPUTS_MISSING',
  'ALL_OUTPUTS_MISSING',
  'NO_WORK',
  'ADJUST_QUANTUM_RAISED',
  'UPSTREAM_FAILURE_NO_WORK',
  'UNPROCESSABLE_DATA',
  'PARTIAL_OUTPUTS_ERROR',
] as const;
/** What was not as predicted with a quantum that succeeded. */
export type Caveat = (typeof CAVEATS)[number];

export interface Attempt {
  /** Number of the attempt, from 0 on. */
  readonly attempt: number;
  readonly status: QuantumStatus;
  readonly caveats: readonly Caveat[];
  readonly exception: RaisedException | null;
  readonly resources: ResourceUsage | null;
  /** UUIDs of quanta that the same process had run before. */
  readonly previousQuanta: readonly string[];
}

export interface RaisedException {
  /** Full name of its Python type. */
  readonly type: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, number | bigint | string | boolean | null>>;
}

export interface ResourceUsage {
  /** Most that its process had in memory, in bytes, quanta before it included. */
  readonly memory: number;
  /** ISO 8601, UTC. */
  readonly start: string;
  /** Seconds, until its inputs had been looked for. */
  readonly prepTime: number;
  /** Seconds, for making the task. */
  readonly initTime: number;
  /** Seconds, of running it. */
  readonly runTime: number;
  /** Seconds of CPU time, of running it. */
  readonly runTimeCpu: number;
}

export interface LogRecord {
  /** ISO 8601. */
  readonly time: string;
  readonly level: string;
  /** Name of the logger. */
  readonly name: string;
  readonly message: string;
  /** Python's traceback, where there is one. */
  readonly traceback: string | null;
}

const exception = z.object({
  type_name: z.string(),
  message: z.string(),
  metadata: z.record(z.string(), z.union([z.number(), z.bigint(), z.string(), z.boolean(), z.null()])).default({}),
});

const resources = z.object({
  memory: z.number(),
  start: z.string(),
  prep_time: z.number(),
  init_time: z.number(),
  run_time: z.number(),
  run_time_cpu: z.number(),
});

export const attemptDocument = z.object({
  attempt: z.int().default(0),
  status: z.int().default(STATUSES.UNKNOWN),
  caveats: z.int().min(0).nullable().default(null),
  exception: exception.nullable().default(null),
  resource_usage: resources.nullable().default(null),
  previous_process_quanta: z.array(uuid).default([]),
});

const logRecord = z.object({
  name: z.string(),
  asctime: z.string(),
  message: z.string(),
  levelname: z.string(),
  exc_info: z.string().nullable().default(null),
});
export const logDocument = z.object({ attempts: z.array(z.array(logRecord).nullable()).default([]) });

export function toAttempt(document: z.output<typeof attemptDocument>): Attempt {
  const { attempt, status: number, caveats, exception: raised, resource_usage: used } = document;
  const status = STATUS_OF.get(number);
  if (status === undefined) throw unreadable(`an attempt has the status ${number}, which is not known`);
  return {
    attempt,
    status,
    caveats: CAVEATS.filter((_, bit) => ((caveats ?? 0) & (1 << bit)) !== 0),
    exception: raised && { type: raised.type_name, message: raised.message, metadata: raised.metadata },
    resources: used && {
      memory: used.memory,
      start: used.start,
      prepTime: used.prep_time,
      initTime: used.init_time,
      runTime: used.run_time,
      runTimeCpu: used.run_time_cpu,
    },
    previousQuanta: document.previous_process_quanta,
  };
}

export function toLogRecord(of: z.output<typeof logRecord>): LogRecord {
  return { time: of.asctime, level: of.levelname, name: of.name, message: of.message, traceback: of.exc_info };
}
