/** Answers of RemoteButler servers in a form in which two can be compared. */
import type { Exchange } from './recorded-world.ts';

/** The documents of an answer, one a line; a redirection is the address that it leads to. */
export type Content = readonly unknown[];

/** Arrays that the real server makes of sets. */
const UNORDERED = new Set(['dataset_types', 'parents', 'requires', 'implies', 'missing', 'rows', 'files']);

export async function comparable(answer: Response, exchange: Exchange): Promise<Content> {
  const text = await answer.text();
  const location = answer.headers.get('location');
  if (location !== null) return [unsigned(location)];
  if (answer.headers.get('content-type')?.startsWith('text/') === true) return [text];
  const documents = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line, exactNumbers));
  return joinedPages(documents).map((document) => ordered(document, exchange));
}

/** Python reads 30.0 and 30 as different types, and integers in full. */
function exactNumbers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number') return value;
  const source = context!.source!;
  return /^-?\d+$/.test(source) ? `integer ${source}` : `float ${value}`;
}

interface Page {
  readonly type: string;
  readonly rows: readonly unknown[];
}

/** How many rows a page has is not part of the answer. */
function joinedPages(documents: readonly unknown[]): readonly unknown[] {
  const isPage = (document: unknown): document is Page => Array.isArray((document as Partial<Page> | null)?.rows);
  if (documents.length < 2 || !documents.every(isPage)) return documents;
  return [{ ...documents[0], rows: documents.flatMap(({ rows }) => rows) }];
}

function ordered(value: unknown, exchange: Exchange, key = ''): unknown {
  if (Array.isArray(value)) {
    const members = value.map((member) => ordered(member, exchange));
    if (key === 'rows' && mayRepeat(exchange))
      return sorted(new Map(members.map((m) => [JSON.stringify(m), m])).values());
    return UNORDERED.has(key) || (key === 'collections' && usesGlobs(exchange)) ? sorted(members) : members;
  }
  if (typeof value === 'string') return key === 'url' ? fileAt(value) : value;
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([name, member]) => [name, ordered(member, exchange, name)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sorted(values: Iterable<unknown>): readonly unknown[] {
  return [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** A signed address differs from server to server and from time to time in its signature. */
function unsigned(url: string): string {
  return url.replace(/\?.*$/, '');
}

/**
 * Addresses at a server are its own: the real server's name the dataset, ours the file too; what they lead to is compared by
 * `exchanges of files`.
 */
function fileAt(url: string): string {
  const [, uuid, component = ''] =
    /\/(?:dataset|files\/[^/]+)\/([0-9a-f-]{36})\/[^?]+(?:\?component=(\w+))?$/.exec(url) ?? [];
  return uuid === undefined ? unsigned(url) : `the file ${component} of ${uuid}`;
}

interface Body {
  readonly expression?: readonly string[];
  readonly search?: readonly string[];
  readonly limit?: number | null;
  readonly result_spec?: { readonly limit: number | null; readonly order_by: readonly unknown[] } & Readonly<
    Record<string, unknown>
  >;
}

function usesGlobs({ body }: Exchange): boolean {
  const { expression = [], search = [] } = (body ?? {}) as Body;
  return [...expression, ...search].some((name) => name.includes('*'));
}

/** Whether the client allows rows to come again. */
function mayRepeat({ body }: Exchange): boolean {
  return ((body ?? {}) as Body).result_spec?.['allow_duplicate_overlaps'] === true;
}

/** The request without its limit; undefined where it has none, or an order that says which rows it leaves. */
export function withoutLimit(exchange: Exchange): Exchange | undefined {
  const body = (exchange.body ?? {}) as Body;
  if (typeof body.limit === 'number') return { ...exchange, body: { ...body, limit: null } };
  if (typeof body.result_spec?.limit !== 'number') return undefined;
  return { ...exchange, body: { ...body, result_spec: { ...body.result_spec, limit: null } } };
}

/** Whether all rows are among others. */
export function isSubset(content: Content, all: Content): boolean {
  const rows = (of: Content) =>
    of.flatMap((page) => (page as Partial<Page>).rows ?? []).map((row) => JSON.stringify(row));
  const known = new Set(rows(all));
  return rows(content).every((row) => known.has(row));
}
