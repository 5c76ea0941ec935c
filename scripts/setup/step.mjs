import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Does a step of the set-up unless it has been done with the same inputs.  The stamp that remembers it lies in the
 * directory that the step makes, and so goes when that is deleted.
 * @param {string} name what the step prepares
 * @param {string} made the directory that it makes
 * @param {string[]} inputs files and directories whose content decides the result
 * @param {() => void} work
 */
export function step(name, made, inputs, work) {
  const stamp = join(made, '.setup-stamp');
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const input of inputs) addTo(hash, input);
  const wanted = hash.digest('hex');
  if (read(stamp) === wanted) return;

  const start = performance.now();
  process.stderr.write(`setup: ${name} … `);
  work();
  mkdirSync(made, { recursive: true });
  writeFileSync(stamp, wanted);
  process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} path
 */
function addTo(hash, path) {
  if (statSync(path).isDirectory()) {
    for (const entry of readdirSync(path).sort()) addTo(hash, join(path, entry));
  } else {
    hash.update(path).update(readFileSync(path));
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
