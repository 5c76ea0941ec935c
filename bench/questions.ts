/** What the benchmarks ask, of the gateway and of the stock server. */
import type { World } from './world.ts';

/** The large repository's dataset types. */
export const TYPES = ['sim_background', 'sim_calexp', 'sim_metadata', 'sim_source'];

export const SOURCES = { dataset_type: 'sim_source', collections: 'SimCam/defaults' } as const;

const REFS = `query ($types: [String!]!, $repositories: [String!], $dataId: JSONObject, $first: Int, $after: String) {
  datasets(
    datasetTypes: $types, collections: ["SimCam/defaults"], repositories: $repositories, dataId: $dataId, first: $first, after: $after
  ) {
    nodes { uuid run dataId datasetType { name } }
    pageInfo { hasNextPage endCursor }
  }
}`;

export interface RefsQuestion {
  readonly types?: readonly string[];
  readonly repositories: readonly string[];
  readonly dataId?: Readonly<Record<string, string>>;
  readonly first: number;
  readonly after?: string | null;
}

export interface RefsPage {
  readonly nodes: readonly { readonly uuid: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The body of a GraphQL request for dataset references. */
export function refsBody({ types = [SOURCES.dataset_type], ...rest }: RefsQuestion): string {
  return JSON.stringify({ query: REFS, variables: { types, ...rest } });
}

export function headers(world: Pick<World, 'token'>): Record<string, string> {
  return { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${world.token}` };
}

/** Asks the gateway for a page of references. @throws Error where it answers with an error */
export async function askRefs(world: Pick<World, 'graphql' | 'token'>, question: RefsQuestion): Promise<RefsPage> {
  const response = await fetch(world.graphql, { method: 'POST', headers: headers(world), body: refsBody(question) });
  const answer = (await response.json()) as { data?: { datasets: RefsPage | null }; errors?: unknown };
  if (answer.errors || !answer.data?.datasets) throw new Error(JSON.stringify(answer.errors).slice(0, 500));
  return answer.data.datasets;
}

/** The body of a request for the same references in the stock server's own protocol. */
export function restBody(datasetType: string, limit: number | null): string {
  const dimensions = ['band', 'instrument', 'day_obs', 'detector', 'physical_filter', 'visit'];
  return JSON.stringify({
    query: {
      tree: {
        dimensions,
        datasets: { [datasetType]: { collections: [SOURCES.collections], dimensions } },
        predicate: { operands: [] },
        validateGovernorConstraints: true,
      },
      default_data_id: { dataId: {} },
      additional_query_inputs: [],
    },
    result_spec: {
      result_type: 'dataset_ref',
      dataset_type_name: datasetType,
      dimensions,
      storage_class_name: 'ArrowAstropy',
      find_first: true,
      include_dimension_records: false,
      limit,
      order_by: [],
    },
  });
}

/** Reads a stream of the stock server to its end. @returns the number of rows */
export async function readRest(world: World, body: string): Promise<number> {
  const response = await fetch(`${world.official}/v1/query/execute`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const text = await response.text();
  let rows = 0;
  for (const page of text.split('\n')) if (page) rows += (JSON.parse(page) as { rows?: unknown[] }).rows?.length ?? 0;
  return rows;
}

/** Milliseconds that something takes; it must give `expected`. */
export async function timed(expected: number, work: () => Promise<number>): Promise<number> {
  const begin = performance.now();
  const given = await work();
  const elapsed = performance.now() - begin;
  if (given !== expected) throw new Error(`expected ${String(expected)} rows, not ${String(given)}`);
  return elapsed;
}
