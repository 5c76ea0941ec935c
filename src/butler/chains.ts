/** Chains and what they hold, as anybody may have written them: each is looked at once, however many hold it or itself. */
export interface Holding {
  readonly name: string;
  readonly children: readonly string[];
}

/** Chains after what is below them, else as they come; of those that hold themselves, each is there once all the same. */
export function childrenFirst<T extends Holding>(found: ReadonlyMap<string, T>): readonly T[] {
  const begun = new Set<string>();
  const ordered = new Map<string, T>();
  // The next one last.
  const open = [...found.values()].reverse();
  for (let info = open.at(-1); info; info = open.at(-1)) {
    if (begun.has(info.name)) {
      ordered.set(info.name, info);
      open.pop();
      continue;
    }
    begun.add(info.name);
    for (const name of info.children.toReversed()) {
      const child = found.get(name);
      if (child && !begun.has(name)) open.push(child);
    }
  }
  return [...ordered.values()];
}

/**
 * The first chain that holds itself, or a chain that does; undefined where there is none.
 * @param deepest called with a chain at each level, from what holds nothing upwards
 */
export function circularChain(
  collections: ReadonlyMap<string, Holding>,
  deepest: (depth: number, chain: string) => void = () => undefined,
): string | undefined {
  const holders = new Map<string, string[]>();
  /** How many of the children of each are still to be looked at. */
  const open = new Map<string, number>();
  for (const { name, children } of collections.values()) {
    open.set(name, children.length);
    for (const child of children) {
      const others = holders.get(child);
      if (others) others.push(name);
      else holders.set(child, [name]);
    }
  }
  // From what holds nothing upwards: what is never reached holds itself.
  let reached = [...open.keys()].filter((name) => open.get(name) === 0);
  for (let depth = 0; reached.length > 0; depth += 1) {
    deepest(depth, reached[0]!);
    const next: string[] = [];
    for (const name of reached) {
      open.delete(name);
      for (const holder of holders.get(name) ?? []) {
        const left = open.get(holder)! - 1;
        open.set(holder, left);
        if (left === 0) next.push(holder);
      }
    }
    reached = next;
  }
  const [circular] = open.keys();
  return circular;
}
