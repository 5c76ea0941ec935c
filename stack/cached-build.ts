import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT, STACK_DIRECTORY } from './checkout.ts';

const CACHE = join(STACK_DIRECTORY, 'cache');

/**
 * Builds a directory once: again only when one of the files that it is made from has changed.  Nobody writes to the result;
 * who needs to, copies it.  Two builders at once do no harm: each builds its own, and the first to finish wins.
 * @param name what is built; also the beginning of the directory's name
 * @param inputs files of the checkout that decide what is built
 * @param build fills an empty directory
 * @returns the directory
 */
export async function cachedBuild(
  name: string,
  inputs: readonly string[],
  build: (directory: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const input of ['python/requirements.txt', ...inputs]) hash.update(await readFile(join(CHECKOUT, input)));
  const built = join(CACHE, `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(built)) return built;

  await mkdir(CACHE, { recursive: true });
  const building = `${built}.${String(process.pid)}`;
  try {
    await mkdir(building);
    await build(building);
    await rename(building, built).catch((error: unknown) => {
      if (!existsSync(built)) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  for (const old of await readdir(CACHE)) {
    if (/^(.*)-[0-9a-f]{12}$/.exec(old)?.[1] === name && join(CACHE, old) !== built) {
      await rm(join(CACHE, old), { recursive: true, force: true });
    }
  }
  return built;
}
