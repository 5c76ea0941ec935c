/** Records that transfers from an official repository need again and again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDirectRepository } from '../../src/repository/direct/open.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { neededRecords } from '../../src/transfer/dimension-records.ts';
import { copySqliteRepository, temporaryDirectory } from '../fixtures/repositories.ts';
import { contextOf } from './transfer-world.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let path: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  path = directory.path;
  await copySqliteRepository('official', path);
});
afterAll(() => directory[Symbol.asyncDispose]());

/** The repository as if it were asked over the network or not, and the elements whose records were asked for. */
async function asked(isRemote: boolean) {
  const repository = await openDirectRepository({ name: 'official', path });
  const elements: string[] = [];
  const source = new Proxy<Repository>(repository, {
    get: (target, name: keyof Repository) => {
      if (name === 'isRemote') return isRemote;
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === 'query') elements.push(String((args[1] as { element?: string }).element));
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  const universe = await source.universe(contextOf());
  const datasets = [
    { datasetType: { dimensions: universe.conform(['exposure', 'detector']) }, values: ['HSC', 10, 903342] },
  ];
  const need = async () => {
    const records = await neededRecords(source, universe, datasets, contextOf());
    return { records, elements: elements.splice(0) };
  };
  return [await need(), await need()] as const;
}

test('instruments, detectors and filters are asked for once, what there are many of each time', async () => {
  const [first, second] = await asked(true);
  expect(first.elements).toEqual(expect.arrayContaining(['instrument', 'detector', 'physical_filter', 'exposure']));
  expect(second.elements).toContain('exposure');
  for (const few of ['instrument', 'detector', 'physical_filter']) expect(second.elements).not.toContain(few);
  expect(second.records).toEqual(first.records);
  expect(second.records.map(({ element }) => element.name)).toContain('detector');
});

test('of a satellite, whose records may change and are not for all, they are asked for each time', async () => {
  const [first, second] = await asked(false);
  expect(second).toEqual(first);
});
