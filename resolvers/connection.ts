import type { GraphQLResolveInfo } from 'graphql';
import { outdatedGroups } from '../src/access/group-age.ts';
import type { Explanation } from '../src/repository/federated/explain/explanation.ts';
import { refuseWarnings } from '../src/repository/search/page.ts';
import type { ExplainedPage, SearchPage } from '../src/repository/search/search.ts';
import { reportFailures, type GraphQLContext } from './context.ts';
import type { PageInfo } from './schema-types.ts';
import { selects } from './selection.ts';

/** A page of an answer as a Relay connection.  Edges and cursors are made only where they are asked. */
export class Connection<Node> {
  readonly nodes: readonly Node[];
  readonly warnings: readonly string[];
  readonly totalCount: () => Promise<number>;
  readonly #cursorAt: (i: number) => string;
  readonly #hasNextPage: boolean;
  readonly #hasPreviousPage: boolean;

  constructor(nodes: readonly Node[], page: Omit<SearchPage<unknown>, 'failures'>, hasPreviousPage: boolean) {
    this.nodes = nodes;
    this.warnings = page.warnings;
    this.totalCount = page.totalCount;
    this.#cursorAt = page.cursorAt;
    this.#hasNextPage = page.hasNextPage;
    this.#hasPreviousPage = hasPreviousPage;
  }

  get edges(): { readonly cursor: string; readonly node: Node }[] {
    return this.nodes.map((node, i) => ({ cursor: this.#cursorAt(i), node }));
  }

  get pageInfo(): PageInfo {
    const last = this.nodes.length - 1;
    return {
      hasNextPage: this.#hasNextPage,
      hasPreviousPage: this.#hasPreviousPage,
      startCursor: last < 0 ? null : this.#cursorAt(0),
      endCursor: last < 0 ? null : this.#cursorAt(last),
    };
  }
}

/** The connection of a search that can be explained. */
export interface ExplainedConnection<Node> extends Connection<Node> {
  readonly explain: () => Promise<Explanation>;
}

/** Whether the rows of a connection are asked for, and not only what is said of them. */
export function asksForRows(info: GraphQLResolveInfo): boolean {
  return ['nodes', 'edges', 'pageInfo'].some((name) => selects(info, name)) || !selects(info, 'explain');
}

/** The same as `toConnection`, of a search that can be explained. */
export function toExplainedConnection<Row, Node>(
  page: ExplainedPage<Row>,
  ...rest: Rest<Parameters<typeof toConnection<Row, Node>>>
): ExplainedConnection<Node> {
  return Object.assign(toConnection(page, ...rest), { explain: page.explain });
}

type Rest<T extends readonly unknown[]> = T extends [unknown, ...infer R] ? R : never;

/** The connection of a page; repositories that could not answer are reported beside it. */
export function toConnection<Row, Node>(
  page: SearchPage<Row>,
  NodeOf: new (row: Row) => Node,
  args: { readonly after?: string | null; readonly strict?: boolean | null },
  context: GraphQLContext,
  info: GraphQLResolveInfo,
): Connection<Node> {
  reportFailures(context, page.failures, info);
  const nodes = page.rows.map((row) => new NodeOf(row));
  const caution = outdatedGroups(context.principal);
  const warnings = caution === undefined ? page.warnings : [...page.warnings, caution];
  refuseWarnings(warnings, args.strict);
  return new Connection(nodes, { ...page, warnings }, args.after !== null && args.after !== undefined);
}

/** Resolvers of every connection type: the count is a query of its own. */
export const connectionResolvers = {
  totalCount: (connection: Connection<unknown>): Promise<number> => connection.totalCount(),
};

/** The same, of searches that can be explained. */
export const explainedResolvers = {
  ...connectionResolvers,
  explain: (connection: ExplainedConnection<unknown>): Promise<Explanation> => connection.explain(),
};
