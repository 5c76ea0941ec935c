import type { OwnedProcess } from '../stack/owned-process.ts';

/** Largest growth of a process's resident memory while something runs, in MB. */
export async function growth(process: OwnedProcess, work: () => Promise<unknown>): Promise<number> {
  const before = process.usage().residentBytes;
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.usage().residentBytes);
  }, 50);
  try {
    await work();
  } finally {
    clearInterval(sampler);
  }
  return (peak - before) / 1e6;
}

/** What some work gives, and the most memory that a process and its descendants have while it runs, in MB. */
export async function peakMemory<Value>(
  process: OwnedProcess,
  work: () => Promise<Value>,
): Promise<{ readonly peak: number; readonly value: Value }> {
  let peak = process.residentOnce();
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.residentOnce());
  }, 250);
  try {
    return { value: await work(), peak: Math.max(peak, process.residentOnce()) / 1e6 };
  } finally {
    clearInterval(sampler);
  }
}
