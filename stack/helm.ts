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
 * Finds helm: the one that HELM names, or one on the path; where there is none, Go builds it, once a checkout.  Never throws: a
 * test without helm is skipped by the name of what is missing.
 */
export async function findHelm(): Promise<Helm> {
  const named = process.env['HELM'];
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'helm'));
  const found = [...(named ? [named] : []), ...onPath, join(BUILT, 'helm')].find((path) => existsSync(path));
  if (found !== undefined) return { executable: found };
  try {
    await run('go', ['install', MODULE], { env: { ...process.env, GOBIN: BUILT }, maxBuffer: 64 * 1024 * 1024 });
    return { executable: join(BUILT, 'helm') };
  } catch {
    return { missing: `no helm: install it, name one in the variable HELM, or install Go, which builds ${MODULE}` };
  }
}
