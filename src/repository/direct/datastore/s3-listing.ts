/** Pages of listings of S3, read without a parser of all XML: it takes a tenth of a second for a page, which others wait for. */

export interface ListedObjects {
  readonly objects: readonly { readonly key: string; readonly size: number; readonly modified: Date }[];
  /** With which the next page is asked for; undefined where this is the last. */
  readonly next: string | undefined;
}

/** An answer to ListObjectsV2; null where it is not as S3 writes them. */
export function parseListing(text: string): ListedObjects | null {
  if (!text.trimEnd().endsWith('</ListBucketResult>')) return null;
  const objects: { key: string; size: number; modified: Date }[] = [];
  for (let end = 0; ;) {
    const start = text.indexOf('<Contents>', end);
    if (start < 0) break;
    end = text.indexOf('</Contents>', start);
    if (end < 0) return null;
    const object = text.slice(start, end);
    const key = valueOf(object, 'Key');
    const size = Number(valueOf(object, 'Size') ?? NaN);
    const modified = new Date(valueOf(object, 'LastModified') ?? NaN);
    if (key === undefined || !Number.isSafeInteger(size) || Number.isNaN(modified.getTime())) return null;
    objects.push({ key, size, modified });
  }
  const truncated = valueOf(text, 'IsTruncated');
  if (truncated === 'false') return { objects, next: undefined };
  const next = valueOf(text, 'NextContinuationToken');
  return truncated === 'true' && next !== undefined ? { objects, next } : null;
}

function valueOf(text: string, name: string): string | undefined {
  const start = text.indexOf(`<${name}>`);
  if (start < 0) return undefined;
  const from = start + name.length + 2;
  const end = text.indexOf(`</${name}>`, from);
  return end < 0 ? undefined : unescaped(text.slice(from, end));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16));
  });
}
