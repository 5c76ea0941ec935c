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
