/** Whether a graph is stale: its collections of inputs have changed since it was built. */
import { z } from 'zod';
import type { VisibleRepositories } from '../access/policy.ts';
import type { QueryContext } from '../repository/repository.ts';
import { RUN_FILES, type RunDirectory } from './directory.ts';
import type { RunRecord } from './run.ts';
import { inputStructure } from './transfer/input-structure.ts';

const noted = z.array(z.object({ name: z.string(), type: z.string(), children: z.array(z.string()).default([]) }));

/** Of the file: more than hundred thousands of collections have. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Compares chains and what is below them, as they are noted beside the graph; new datasets in a RUN are not seen.
 * @returns a sentence for each collection that is gone or has other children
 */
export async function changedCollections(
  { spec }: Pick<RunRecord, 'spec'>,
  directory: RunDirectory,
  visible: VisibleRepositories,
  ctx: QueryContext,
): Promise<readonly string[]> {
  const text = await directory.read(RUN_FILES.collections, ctx.signal, MOST_BYTES);
  if (text === null) return [];
  const then = noted.safeParse(parsed(text));
  if (!then.success)
    return [`What the graph was built from is not noted in ${RUN_FILES.collections} any more: ${ADVICE}`];
  const repositories = spec.repositories.flatMap((name) => visible.find(name) ?? []);
  const now = new Map((await inputStructure(repositories, spec.inputs, ctx)).map((found) => [found.name, found]));
  return then.data.flatMap(({ name, children }) => {
    const found = now.get(name);
    if (!found) return [`The collection '${name}' is not there any more: ${ADVICE}`];
    const isSame = found.children.length === children.length && found.children.every((of, i) => of === children[i]);
    return isSame ? [] : [`The chain '${name}' has other children than when the graph was built: ${ADVICE}`];
  });
}

const ADVICE = 'buildRun builds the graph again.';

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
