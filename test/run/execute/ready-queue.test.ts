/** The order in which quanta can run. */
import { describe, expect, test } from 'vitest';
import { ReadyQueue } from '../../../src/run/execute/ready-queue.ts';
import type { ThinGraph } from '../../../src/run/graph/thin-graph.ts';

const quantum = (uuid: string) =>
  ({ uuid }) as ThinGraph['quanta'] extends ReadonlyMap<string, readonly (infer Q)[]> ? Q : never;
const graph = (quanta: Record<string, readonly string[]>, edges: readonly (readonly [string, string])[]) =>
  ({
    quanta: new Map(Object.entries(quanta).map(([task, of]) => [task, of.map(quantum)])),
    edges,
  }) as unknown as ThinGraph;
const any = () => true;

describe('quanta that can run', () => {
  test('are given in the order of their tasks, one that is put back first', () => {
    const queue = new ReadyQueue(graph({ a: ['a1', 'a2'], b: ['b1'] }, [['a1', 'b1']]), undefined, new Set());
    const first = queue.take(any)!;
    expect(first).toEqual({ uuid: 'a1', task: 'a' });
    queue.putBack(first);
    expect(queue.take(any)!.uuid).toBe('a1');
    expect(queue.take((task) => task === 'b')).toBeNull();
    queue.succeed('a1');
    expect(queue.take((task) => task === 'b')!.uuid).toBe('b1');
    expect(queue.take(any)!.uuid).toBe('a2');
    expect(queue.take(any)).toBeNull();
    queue.succeed('b1');
    expect(queue.isFinished).toBe(false);
    queue.succeed('a2');
    expect(queue.isFinished).toBe(true);
  });

  test('are not looked through one by one: each task is asked about once, whatever it has', () => {
    const all = Array.from({ length: 100_000 }, (_, i) => `a${i}`);
    const queue = new ReadyQueue(graph({ a: all, b: ['b1'] }, []), undefined, new Set());
    let asked = 0;
    expect(queue.take(() => ((asked += 1), false))).toBeNull();
    expect(asked).toBe(2);
    const taken: string[] = [];
    for (let next = queue.take(any); next; next = queue.take(any)) taken.push(next.uuid);
    expect(taken).toEqual([...all, 'b1']);
  });
});
