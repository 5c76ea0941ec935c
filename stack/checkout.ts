import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this file belongs to. */
export const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));

/** Where everything lives that the stack makes and keeps between starts; may be deleted at any time. */
export const STACK_DIRECTORY = join(CHECKOUT, '.stack');

/** A program of the Python environment that `npm run setup` makes. */
export function pythonProgram(name: 'butler' | 'pipetask' | 'python' | 'weed'): string {
  return join(CHECKOUT, '.venv', 'bin', name);
}

/** A file of this directory, for programs that are not TypeScript. */
export function stackFile(name: string): string {
  return join(CHECKOUT, 'stack', name);
}
