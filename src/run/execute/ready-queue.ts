/** Which quanta of a graph can run now, and which never can. */
import type { ThinGraph } from '../graph/thin-graph.ts';

export interface QueuedQuantum {
  readonly uuid: string;
  /** Label of its task. */
  readonly task: string;
}

type Outcome = 'done' | 'failed' | 'blocked';

/** Quanta of one task that can run, the first first; taking one costs the same however many there are. */
class ReadyQuanta {
  #quanta: string[] = [];
  #begin = 0;
  /** The last first. */
  readonly #putBack: string[] = [];

  get isEmpty(): boolean {
    return this.#putBack.length === 0 && this.#begin === this.#quanta.length;
  }

  add(uuid: string): void {
    this.#quanta.push(uuid);
  }

  putBack(uuid: string): void {
    this.#putBack.push(uuid);
  }

  /** There is one. */
  take(): string {
    const again = this.#putBack.pop();
    if (again !== undefined) return again;
    const uuid = this.#quanta[this.#begin]!;
    this.#begin += 1;
    if (this.#begin === this.#quanta.length) {
      this.#quanta = [];
      this.#begin = 0;
    }
    return uuid;
  }
}

/** Quanta are given in the pipeline's order of tasks as far as what they wait for allows. */
export class ReadyQueue {
  readonly #tasks = new Map<string, string>();
  readonly #waitsFor = new Map<string, number>();
  readonly #dependents: ReadonlyMap<string, readonly (readonly [string, string])[]>;
  readonly #outcomes = new Map<string, Outcome>();
  /** By task, in the pipeline's order. */
  readonly #ready: ReadonlyMap<string, ReadyQuanta>;
  /** Of what is asked, the quanta that have been executed before. */
  readonly doneBefore: readonly QueuedQuantum[];

  /**
   * @param only the quanta that are asked; absent: all.  What others make is taken to be there
   * @param done quanta that have been executed
   */
  constructor({ quanta, edges }: ThinGraph, only: ReadonlySet<string> | undefined, done: ReadonlySet<string>) {
    const doneBefore: QueuedQuantum[] = [];
    for (const [task, of] of quanta) {
      for (const { uuid } of of.filter((quantum) => only?.has(quantum.uuid) ?? true)) {
        if (done.has(uuid)) doneBefore.push({ uuid, task });
        else this.#tasks.set(uuid, task);
      }
    }
    this.doneBefore = doneBefore;
    this.#ready = new Map([...quanta.keys()].map((task) => [task, new ReadyQuanta()]));
    const inside = edges.filter(([from, to]) => this.#tasks.has(from) && this.#tasks.has(to));
    this.#dependents = Map.groupBy(inside, ([from]) => from);
    for (const [, to] of inside) this.#waitsFor.set(to, (this.#waitsFor.get(to) ?? 0) + 1);
    for (const uuid of this.#tasks.keys()) if (!this.#waitsFor.has(uuid)) this.#readyOf(uuid).add(uuid);
  }

  /** Whether nothing is left, in the queue or with who took it. */
  get isFinished(): boolean {
    return this.#outcomes.size === this.#tasks.size;
  }

  /** The first that can run, of the first task of which quanta are wanted; it is taken out. */
  take(isWanted: (task: string) => boolean): QueuedQuantum | null {
    for (const [task, ready] of this.#ready) {
      if (!ready.isEmpty && isWanted(task)) return { uuid: ready.take(), task };
    }
    return null;
  }

  /** It is to be tried again, before others of its task. */
  putBack({ uuid }: QueuedQuantum): void {
    this.#readyOf(uuid).putBack(uuid);
  }

  succeed(uuid: string): void {
    this.#outcomes.set(uuid, 'done');
    for (const [, to] of this.#dependents.get(uuid) ?? []) {
      const left = this.#waitsFor.get(to)! - 1;
      this.#waitsFor.set(to, left);
      if (left === 0 && !this.#outcomes.has(to)) this.#readyOf(to).add(to);
    }
  }

  /** @returns what can never run now: all that hangs on what it would have made, in any number of steps */
  fail(uuid: string): readonly QueuedQuantum[] {
    this.#outcomes.set(uuid, 'failed');
    const blocked = new Set<string>();
    this.#block(uuid, blocked);
    // A set is walked through what is added to it meanwhile, too.
    for (const from of blocked) this.#block(from, blocked);
    return [...blocked].map((of) => ({ uuid: of, task: this.#tasks.get(of)! }));
  }

  #block(from: string, blocked: Set<string>): void {
    for (const [, to] of this.#dependents.get(from) ?? []) {
      if (this.#outcomes.has(to)) continue;
      this.#outcomes.set(to, 'blocked');
      blocked.add(to);
    }
  }

  #readyOf(uuid: string): ReadyQuanta {
    return this.#ready.get(this.#tasks.get(uuid)!)!;
  }
}
