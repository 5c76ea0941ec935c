/** Processes that one has started, and those that they have: a workflow system's leave the group that they were started in. */
import { readdirSync, readFileSync } from 'node:fs';

/** How often it is looked for what was started meanwhile. */
const ROUNDS = 10;

/** Ends all descendants of a process, those also that they start meanwhile; on Linux. */
export function killDescendants(ancestor: number): void {
  if (process.platform !== 'linux') return;
  for (let left = ROUNDS; left > 0 && killOnce(ancestor); left -= 1);
}

/** @returns whether there were any */
function killOnce(ancestor: number): boolean {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = parentOf(Number(name));
    if (parent !== null) parents.set(Number(name), parent);
  }
  const family = new Set([ancestor]);
  // A set is walked through what is added to it meanwhile, too.
  for (const member of family) {
    for (const [pid, parent] of parents) if (parent === member) family.add(pid);
  }
  family.delete(ancestor);
  for (const pid of family) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  return family.size > 0;
}

/** Null when it is gone. */
function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // What has ended and waits for its parent starts nothing.
    return state === 'Z' ? null : Number(parent);
  } catch {
    return null;
  }
}
