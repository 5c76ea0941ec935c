/** Where the pipeline of a run comes from: a file of the user-side stack, or text. */
import { realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { parse } from 'yaml';
import { SatelliteError } from '../butler/errors.ts';

const LONGEST_YAML = 2 ** 20;
/** As `pipetask -c` takes it: a task's label, a field of its configuration, a value. */
const OVERRIDE = /^[^\s:=]+:[^\s=]+\s*=/;

/**
 * A file that lies in one of the directories that the gateway's configuration names, whatever links lead there.
 * @param asked a path, absolute or below one of them; names of tasks or of a subset may follow `#`
 * @returns absolute, with what followed
 * @throws SatelliteError BAD_USER_INPUT
 */
export async function pipelineFile(asked: string, directories: readonly string[]): Promise<string> {
  const [file, labels] = split(asked);
  for (const directory of directories) {
    const [root, place] = await Promise.all([real(directory), real(resolve(directory, file))]);
    if (root === undefined || place === undefined || !place.startsWith(`${root}${sep}`)) continue;
    if ((await stat(place)).isFile()) return `${place}${labels}`;
  }
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `'${shortened(file)}' is no pipeline file in a directory of "python.path" of this gateway: give such a file, or the pipeline's text as "yaml".`,
  );
}

/** @throws SatelliteError BAD_USER_INPUT where the text cannot be a pipeline */
export function checkPipelineText(yaml: string): void {
  const refuse = (why: string): never => {
    throw new SatelliteError('BAD_USER_INPUT', `"yaml" is no pipeline: ${why}.`);
  };
  if (yaml.length > LONGEST_YAML) refuse(`it has more than ${String(LONGEST_YAML)} characters`);
  let document: unknown;
  try {
    document = parse(yaml, { maxAliasCount: 100 });
  } catch (error) {
    refuse(`it is not YAML (${(error as Error).message.split('\n')[0]})`);
  }
  if (typeof document !== 'object' || document === null || !('tasks' in document || 'imports' in document)) {
    refuse('it has neither "tasks" nor "imports"');
  }
}

/** @throws SatelliteError BAD_USER_INPUT */
export function checkOverrides(configuration: readonly string[]): void {
  const wrong = configuration.find((override) => !OVERRIDE.test(override));
  if (wrong === undefined) return;
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `'${shortened(wrong)}' overrides nothing: write it as 'label:field=value', such as 'coadd:useTemplate=True'.`,
  );
}

function split(asked: string): readonly [file: string, labels: string] {
  const at = asked.indexOf('#');
  return at < 0 ? [asked, ''] : [asked.slice(0, at), asked.slice(at)];
}

async function real(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
