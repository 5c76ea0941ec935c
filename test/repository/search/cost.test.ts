/** What searches ask of repositories: how often, and how many rows. */
import { describe, expect, it } from 'vitest';
import type { QueryContext, Repository } from '../../../src/repository/repository.ts';
import { searchDatasets } from '../../../src/repository/search/datasets.ts';
import type { SearchPage } from '../../../src/repository/search/search.ts';
import type { DatasetRow } from '../../../src/repository/rows.ts';
import { ArrayRepository, type ArrayDataset } from '../federated/array-repository.ts';
import { smallUniverse } from '../federated/small-universe.ts';

const ctx: QueryContext = { caller: { username: 'alice' }, signal: new AbortController().signal };
const universe = smallUniverse();

/** Raw datasets of detectors in a run that is named like the repository. */
function repository(name: string, detectors: readonly number[]): ArrayRepository {
  const datasets = detectors.map((detector): ArrayDataset => {
    return { uuid: `${name} ${detector}`, datasetType: 'raw', dataId: { instrument: 'A', detector }, run: name };
  });
  const datasetTypes = [
    { name: 'raw', dimensions: universe.conform(['detector']), storageClass: 'Exposure', isCalibration: false },
  ];
  const collections = { [name]: { type: 'RUN' } as const };
  return new ArrayRepository(name, { universe, datasetTypes, collections, datasets }, { pageSize: 10_000 });
}

const upTo = (n: number) => [...Array(n).keys()];
const search = (members: readonly Repository[], first: number, after?: string) =>
  searchDatasets(
    members,
    {
      datasetTypes: ['raw'],
      collections: members.map((member) => member.name),
      findFirst: true,
      first,
      ...(after !== undefined && { after }),
    },
    ctx,
  );
const cursorOf = (page: SearchPage<DatasetRow>) => page.cursorAt(page.rows.length - 1);

describe('A search in one repository', () => {
  it('takes one query', async () => {
    const one = repository('one', upTo(100));
    await search([one], 50);
    expect(one.calls.toSorted()).toEqual(['datasetTypes', 'query', 'universe']);
  });
});

describe('A search in two repositories', () => {
  it('asks as often for a late page as for the first, also where one hides all of the other', async () => {
    const [a, b] = [repository('a', upTo(1000)), repository('b', upTo(1000))];
    let page = await search([a, b], 50);
    const calls = (of: ArrayRepository) => of.calls.splice(0).filter((kind) => kind === 'query').length;
    const [firstOfA, firstOfB] = [calls(a), calls(b)];
    expect(firstOfA + firstOfB).toBeLessThanOrEqual(3);
    for (let n = 2; n <= 20; n += 1) {
      page = await search([a, b], 50, cursorOf(page));
      expect(page.rows.map((row) => row.uuid)).toEqual(upTo(50).map((i) => `a ${(n - 1) * 50 + i}`));
      expect([calls(a), calls(b)]).toEqual([firstOfA, firstOfB]);
    }
    expect(page.hasNextPage).toBe(false);
  });

  it('reads no more than a page of each for a page', async () => {
    const limits: (number | null)[] = [];
    const members = [repository('a', upTo(100)), repository('b', upTo(200))];
    for (const member of members) {
      const query = member.query.bind(member);
      member.query = (tree, spec, ...rest) => {
        if (tree.uploads.length === 0) limits.push(spec.limit);
        return query(tree, spec, ...rest);
      };
    }
    await search(members, 50);
    expect(limits).toEqual([51, 51]);
  });

  it('goes on after a page that one of them missed without losing rows of either', async () => {
    const [a, b] = [repository('a', upTo(10).map((i) => 2 * i)), repository('b', upTo(10).map((i) => 2 * i + 1))]; // prettier-ignore
    b.failsAfter = 0;
    const partial = await search([a, b], 4);
    expect(partial.rows.map((row) => row.uuid)).toEqual(['a 0', 'a 2', 'a 4', 'a 6']);
    expect(partial.failures.map((failure) => failure.repository)).toEqual(['b']);
    expect(partial.failures[0]!.message).toMatch(/is down.*missing from this answer/u);
    b.failsAfter = Infinity;
    const rest = await search([a, b], 100, cursorOf(partial));
    expect(rest.failures).toEqual([]);
    expect(rest.rows.map((row) => row.uuid).toSorted()).toEqual(
      [...upTo(10).map((i) => `b ${2 * i + 1}`), ...upTo(6).map((i) => `a ${2 * i + 8}`)].toSorted(),
    );
  });

  it('throws where neither answers', async () => {
    const [a, b] = [repository('a', []), repository('b', [])];
    a.failsAfter = 0;
    b.failsAfter = 0;
    await expect(search([a, b], 4)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});
