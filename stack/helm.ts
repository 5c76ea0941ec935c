import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { STACK_DIRECTORY } from './checkout.ts';

const run = promisify(execFile);
const MODULE = 'helm.sh/helm/v3/cmd/helm@v3.18.6';
const BUILT = join(STACK_DIRECTORY, 'helm');

/** The program helm, or why there is none and how to get it. */
export type Helm = { readonly executable: string } | { readonly missing: string };

/**
 * Finds helm: the one that HELM names, or one on the path, or one that was built before.  Never throws: a test without helm is
 * skipped by the name of what is missing.
 * @param build whether Go builds it where there is none, once a checkout: for minutes
 */
export async function findHelm(build: boolean): Promise<Helm> {
  const named = process.env['HELM'];
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'helm'));
  const found = [...(named ? [named] : []), ...onPath, join(BUILT, 'helm')].find((path) => existsSync(path));
  if (found !== undefined) return { executable: found };
  if (!build) return { missing: 'no helm: install it, or name one in the variable HELM; test:full has Go build it' };
  try {
    await run('go', ['install', MODULE], { env: { ...process.env, GOBIN: BUILT }, maxBuffer: 64 * 1024 * 1024 });
    return { executable: join(BUILT, 'helm') };
  } catch {
    return { missing: `no helm: install it, name one in the variable HELM, or install Go, which builds ${MODULE}` };
  }
}
