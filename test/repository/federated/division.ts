/** One repository as it is, and divided into two that answer as one. */
import { SatelliteError } from '../../../src/butler/errors.ts';
import { stringifyJson } from '../../../src/butler/json.ts';
import type { BuiltQuery } from '../../../src/butler/query/build.ts';
import { encodeQuery, encodeResultSpec } from '../../../src/butler/query/wire.ts';
import { openDirectRepository } from '../../../src/repository/direct/open.ts';
import { FederatedRepository } from '../../../src/repository/federated/federated-repository.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { ctx, queryRows } from '../../conformance/answers.ts';
import { sqliteRepository, type ConformanceRepository } from '../../fixtures/repositories.ts';
import { splitRepository } from '../../fixtures/split.ts';
import type fc from '../../sample.ts';
import { randomQuery, type Vocabulary } from './random-queries.ts';

export interface Division extends AsyncDisposable {
  readonly name: string;
  readonly whole: Repository;
  readonly together: Repository;
}

/** @param directory where the two are made */
export async function divide(name: ConformanceRepository, directory: string, seed: number): Promise<Division> {
  const [a, b] = await splitRepository(name, directory, seed);
  const open = [
    await openDirectRepository({ name, path: sqliteRepository(name) }),
    // By names of their own: what is found out of two repositories is remembered.
    await openDirectRepository({ name: `${name}-${seed}-a`, path: a }),
    await openDirectRepository({ name: `${name}-${seed}-b`, path: b }),
  ] as const;
  // One of the two counts as elsewhere: of that less is read, and more remembered.
  Object.assign(open[seed % 2 === 0 ? 1 : 2], { isRemote: true });
  return {
    name: `${name} ${seed}`,
    whole: open[0],
    together: new FederatedRepository(open.slice(1)),
    [Symbol.asyncDispose]: async () => {
      for (const repository of open) await repository.close();
    },
  };
}

/** What a repository answers to a query, in a form that can be compared: rows, their number, whether there are any, or an error. */
export async function answerTo(repository: Repository, { query, spec }: BuiltQuery): Promise<unknown> {
  try {
    const rows = (await queryRows(repository, query, spec)).map((row) => stringifyJson(row));
    if (spec.orderBy.length === 0) rows.sort();
    const isTested = spec.type !== 'general' && spec.limit === null;
    return {
      rows,
      ...(isTested && { count: await repository.count(query, spec, ctx) }),
      any: await repository.any(query, ctx),
    };
  } catch (error) {
    if (error instanceof SatelliteError) return { error: error.code };
    throw error;
  }
}

/** What it takes to put a query again that was answered otherwise. */
export function described({ name }: Pick<Division, 'name'>, { query, spec }: BuiltQuery): string {
  return `${name}: ${stringifyJson([encodeResultSpec(spec), encodeQuery(query)])}`;
}

/** Undefined where the parts do not make a query. */
export function queryOf(vocabulary: Vocabulary, gen: fc.GeneratorValue): BuiltQuery | undefined {
  try {
    return randomQuery(vocabulary, gen);
  } catch (error) {
    if (error instanceof SatelliteError) return undefined;
    throw error;
  }
}
