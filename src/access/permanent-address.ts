/**
 * Permanent addresses of files (docs/permanent-addresses.md):
 * `{publicUrl}/files/{repository}[/~{capability}]/{uuid}/{file name}[?component=NAME]`.
 *
 * The truth in one is (repository, UUID, component).  The file name is for clients, which take names and extensions of
 * files from it; it does not select.
 */
import type { DatasetRow, FileRecord } from '../repository/rows.ts';

/** What the path of an address says, decoded. */
export interface AddressedFile {
  /** Name of the repository; a satellite's is `owner~name`. */
  readonly repository: string;
  /** Lower case, with dashes. */
  readonly uuid: string;
  /** A disassembled dataset has one file a component; null for a whole dataset. */
  readonly component: string | null;
  readonly fileName: string;
  /** What opens it without a token, see `capability.ts`; null by default. */
  readonly capability: string | null;
}

const PATH = /^\/files\/([^/]+)(?:\/~([^/]+))?\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/([^/]+)$/i;
const CAPABILITY = /(\/files\/[^/?#]+)\/~[^/?#]+(\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/)/i;

/** @param publicUrl address of the gateway as its users see it, without a slash at the end */
export function permanentAddress(publicUrl: string, file: AddressedFile): string {
  const { repository, uuid, component, fileName, capability } = file;
  const secret = capability === null ? '' : `/~${encodeURIComponent(capability)}`;
  const query = component === null ? '' : `?component=${encodeURIComponent(component)}`;
  return `${publicUrl}/files/${encodeURIComponent(repository)}${secret}/${uuid}/${pathSegment(fileName)}${query}`;
}

/** The address that a file of a dataset has for those who may read its repository: without a capability. */
export function fileUrl(
  publicUrl: string,
  { repository, uuid }: Pick<DatasetRow, 'repository' | 'uuid'>,
  { fileName, component }: Pick<FileRecord, 'fileName' | 'component'>,
): string {
  return permanentAddress(publicUrl, { repository, uuid, component, fileName, capability: null });
}

/**
 * What an address says, however its host, port and path are spelt.
 * @param publicUrls addresses of this gateway: its present one, and others that it has or had
 * @returns null where it is no permanent address, or one of another gateway
 */
export function parsePermanentAddress(address: string, publicUrls: readonly string[]): AddressedFile | null {
  // Not with a space before it, as a relative path may have.
  if (!/^https?:/i.test(address) || !URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') return null;
  for (const publicUrl of publicUrls) {
    const { origin, pathname } = new URL(publicUrl);
    const base = pathname.replace(/\/$/, '');
    const match = origin === url.origin && url.pathname.startsWith(base) && PATH.exec(url.pathname.slice(base.length));
    if (!match) continue;
    const [repository, capability, uuid, fileName] = match.slice(1).map(decoded);
    if (repository === null || uuid === null || fileName === null || capability === null) return null;
    return {
      repository: repository!,
      uuid: uuid!.toLowerCase(),
      component: url.searchParams.get('component'),
      fileName: fileName!,
      capability: capability ?? null,
    };
  }
  return null;
}

/**
 * The address without its capability: what may leave a satellite (shares, publications, graphs that leave their run).
 * Anything else is given back as it is.
 */
export function withoutCapability(address: string): string {
  return address.replace(CAPABILITY, '$1$2');
}

/** A name as one segment of a path, which clients decode to the same name; never one that means a directory. */
function pathSegment(name: string): string {
  if (/^\.{0,2}$/.test(name)) return 'file';
  return encodeURIComponent(name.toWellFormed());
}

/** Undefined stays; null where the encoding is broken. */
function decoded(segment: string | undefined): string | null | undefined {
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
