/** What the audit trail keeps of a mutation: what it was about, short, and nothing that opens anything. */
import { withoutCapability } from './permanent-address.ts';

const LONGEST_TEXT = 200;
const LISTED = 20;
const DEEPEST = 3;

type Detail = string | number | boolean | null | readonly Detail[] | { readonly [name: string]: Detail };

/** @param outcome what is remembered of the mutation */
export function auditDetail(input: object, outcome: unknown): Readonly<Record<string, unknown>> {
  const { idempotencyKey: _key, ...asked } = input as Readonly<Record<string, unknown>>;
  const { job } = (outcome ?? {}) as Readonly<Record<string, unknown>>;
  return { ...(shortened(asked, DEEPEST) as object), ...(typeof job === 'string' && { job }) };
}

function shortened(value: unknown, depth: number): Detail {
  if (typeof value === 'string') return withoutSecrets(value).slice(0, LONGEST_TEXT);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return null;
  if (depth === 0) return '…';
  if (Array.isArray(value)) {
    const listed = value.slice(0, LISTED).map((item) => shortened(item, depth - 1));
    return value.length > LISTED ? [...listed, `… (${value.length} in all)`] : listed;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(entries.map(([name, item]) => [name, shortened(item, depth - 1)]));
}

/** Addresses carry secrets in their query, before their host, or as capabilities; tokens look like tokens. */
function withoutSecrets(text: string): string {
  return withoutCapability(text)
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@]*@/gi, '$1')
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s?#]*)[?#]\S*/gi, '$1')
    .replace(/\b(?:gt-[\w.-]+|eyJ[\w-]+\.[\w.-]+)/g, '…');
}
