/** The conformance corpus through `POST /graphql`, put and judged by the runner that came with it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonProgram } from '../../stack/checkout.ts';
import { runGateway } from '../gateway/running-gateway.ts';

const RUNNER = join(import.meta.dirname, 'graphql_runner.py');

export interface CorpusRepository {
  /** Also the corpus's label. */
  readonly name: 'satellite' | 'official';
  readonly kind: 'direct' | 'remote';
  readonly path?: string;
  readonly url?: string;
}

/**
 * Puts every case of these repositories to a gateway over them, or those of a file.
 * @returns what the runner printed: failures, then `N satisfied, N failed, N skipped`
 */
export async function putCorpus(repositories: readonly CorpusRepository[], cases?: string): Promise<string> {
  await using gateway = await runGateway({ yaml: `repositories: ${JSON.stringify(repositories)}` });
  const names = repositories.flatMap(({ name }) => ['--repo', `${name}=${name}`]);
  const args = [RUNNER, '--url', `${gateway.url}/graphql`, '--token', await gateway.token(), ...names];
  if (cases !== undefined) args.push('--cases', cases);
  const { stdout } = await promisify(execFile)(pythonProgram('python'), args).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}
