import { checkSandbox } from '../src/run/worker/sandbox.ts';
import { installDebianPackage } from './debian-package.ts';

/** Why this machine cannot have sandboxes; undefined where it can, if need be after bubblewrap was installed. */
export async function missingSandbox(): Promise<string | undefined> {
  const missing = await whatIsMissing();
  if (missing === undefined || !(await installDebianPackage('bubblewrap'))) return missing;
  return whatIsMissing();
}

function whatIsMissing(): Promise<string | undefined> {
  return checkSandbox().then(
    () => undefined,
    (error: Error) => error.message,
  );
}
