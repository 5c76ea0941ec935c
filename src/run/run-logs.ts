/** What a run's directory tells of its quanta: for people, as whoever owns the directory may have changed it. */
import { z } from 'zod';
import { RUN_FILES, type RunDirectory } from './directory.ts';
import { UUID } from '../butler/uuid.ts';

export interface QuantumFailure {
  readonly quantum: string;
  /** Label of its task. */
  readonly task: string;
  /** Class of the exception. */
  readonly exception: string;
  readonly message: string;
}

const event = z.object({
  quantum: z.string(),
  task: z.string(),
  event: z.string(),
  exception: z.object({ type: z.string(), message: z.string() }).optional(),
});

const MOST_FAILURES = 1000;

/** Quanta whose last end was a failure, the first 1000. */
export async function failuresOf(directory: RunDirectory, signal: AbortSignal): Promise<readonly QuantumFailure[]> {
  const failed = new Map<string, QuantumFailure>();
  for (const line of ((await directory.read(RUN_FILES.events, signal)) ?? '').split('\n')) {
    const parsed = event.safeParse(parsedJson(line));
    if (!parsed.success) continue;
    const { quantum, task, event: what, exception } = parsed.data;
    if (what === 'succeeded' || what === 'skipped') failed.delete(quantum);
    if (what !== 'failed') continue;
    const { type, message } = exception ?? { type: 'unknown', message: 'The worker ended.' };
    failed.set(quantum, { quantum, task, exception: type, message });
  }
  return [...failed.values()].slice(0, MOST_FAILURES);
}

/** The end of a quantum's log; null where there is none. */
export async function logOf(directory: RunDirectory, quantum: string, signal: AbortSignal): Promise<string | null> {
  if (!UUID.test(quantum)) return null;
  for await (const name of directory.list(RUN_FILES.logs, signal)) {
    if (name.endsWith(`/${quantum}.log`)) return directory.read(name, signal);
  }
  return null;
}

/** Of a line that may be cut off. */
function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
