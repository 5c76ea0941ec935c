import { expect, test } from 'vitest';
import { runGateway } from './running-gateway.ts';
import { FilesRepository, offer, rawContent } from './small-repositories.ts';

/** What a repository with 100 datasets is asked for a query over the first `n`, in requests other than pages. */
async function requestsFor(selection: string, n: number): Promise<readonly string[]> {
  const repository = new FilesRepository('dp1', rawContent(100, 'official'), { pageSize: 1000 });
  await using gateway = await runGateway({ offered: [offer(repository)] });
  const query = `{datasets(datasetTypes: ["raw"], collections: ["all"], first: ${n}) {nodes {${selection}}}}`;
  const { data, errors } = await gateway.ask(query);
  expect(errors).toBeUndefined();
  expect(data.datasets.nodes).toHaveLength(n);
  return repository.calls;
}

test.each([
  'uuid',
  'fullDataId',
  'stored files {url}',
  'records {element values}',
  'collections {name datasetTypes {name} parents {name}}',
  'repository {name universe {version}}',
])('the number of requests for {%s} does not grow with the number of datasets', async (selection) => {
  const few = await requestsFor(selection, 2);
  const many = await requestsFor(selection, 80);
  expect(many.toSorted()).toEqual(few.toSorted());
});
