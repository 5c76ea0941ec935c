/** Identifiers of `node(id:)`: the type's name and what tells its objects apart, as base64url of a JSON array. */

/** Names of the types that implement `Node`, but for `Job`: its identifier is its UUID. */
export type NodeType = 'Collection' | 'Dataset' | 'Repository' | 'Satellite';

export function toGlobalId(type: NodeType, ...key: readonly string[]): string {
  return Buffer.from(JSON.stringify([type, ...key])).toString('base64url');
}

/** Type and key of an identifier; undefined where it is not one of ours. */
export function fromGlobalId(id: string): readonly [type: string, ...key: string[]] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(id, 'base64url').toString());
    if (Array.isArray(parts) && parts.length > 1 && parts.every((part) => typeof part === 'string')) {
      return parts as [string, ...string[]];
    }
  } catch {
    // Not base64url of JSON: not one of ours.
  }
  return undefined;
}
