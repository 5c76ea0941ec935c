/** What owners can grant and revoke of what was approved: whoever reads it has to have the right to what it is made from. */
import sql from 'sql-template-tag';
import { covers, repositoryResource, type Grant } from '../access/grants.ts';
import type { Memberships } from '../access/memberships.ts';
import type { OfferedRepository } from '../access/policy.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { WriteableDatabase } from '../repository/direct/database.ts';
import type { PublishedGrants } from '../satellite/grant-request.ts';
import { checkInputRights } from './check-rights.ts';
import { readersOf } from './granted-readers.ts';
import { readCollection } from './items.ts';
import type { ManifestStore } from './manifest-store.ts';
import type { PublishedRepository } from './sources.ts';

export interface GrantRightsParts {
  readonly store: ManifestStore;
  /** All that can be published in. */
  readonly repositories: readonly PublishedRepository[];
  /** The official repositories of the configuration. */
  readonly official: readonly OfferedRepository[];
  readonly memberships: Pick<Memberships, 'of'>;
}

interface Covered {
  readonly publication: string;
  readonly version: number;
  readonly group: string | null;
  readonly approvedBy: string | null;
}

type Wanted = Pick<Grant, 'resource' | 'collection' | 'subject'>;

const LOOK_MILLISECONDS = 30_000;
const look = () => AbortSignal.timeout(LOOK_MILLISECONDS);

export class GrantRights implements PublishedGrants {
  readonly #database: WriteableDatabase;
  readonly #parts: GrantRightsParts;

  constructor(database: WriteableDatabase, parts: GrantRightsParts) {
    this.#database = database;
    this.#parts = parts;
  }

  async checkGrant({ resource, collection, subject }: Wanted): Promise<void> {
    const repository = this.#repository(resource);
    if (!repository) return;
    const { store, official, memberships } = this.#parts;
    for (const version of await this.#covered(repository.offered.name, collection)) {
      const { publication, group, approvedBy } = version;
      if (approvedBy === null && !(subject.kind === 'group' && subject.name === group)) {
        throw new SatelliteError(
          'FORBIDDEN',
          `Publication ${publication} is there for the group '${group}' without a review: to let others read it, submit a new version that names them as readers.`,
        );
      }
      const { lineage } = await store.read(version, look()).header();
      const rights = { configured: official, visible: official };
      const readers = readersOf([subject]);
      const { state, message } = await checkInputRights(lineage, rights, readers, repository.offered, memberships);
      if (state === 'FAILED') throw new SatelliteError('FORBIDDEN', `Publication ${publication}: ${message}`);
    }
  }

  async checkRevocation({ resource, collection, subject }: Wanted): Promise<void> {
    const repository = this.#repository(resource);
    if (subject.kind !== 'all_users' || !repository?.settings.servedDirectly) return;
    const { name } = repository.offered;
    const [covered] = await this.#covered(name, collection);
    if (!covered) return;
    throw new SatelliteError(
      'FORBIDDEN',
      `A server beside this gateway gives '${name}' to all its users: to take publication ${covered.publication} from them, withdraw it.`,
    );
  }

  #repository(resource: string): PublishedRepository | undefined {
    return this.#parts.repositories.find(({ offered }) => repositoryResource(offered.name) === resource);
  }

  /** Versions that are approved, or visible already, and of which a grant would let collections be read. */
  async #covered(repository: string, granted: Grant['collection']): Promise<readonly Covered[]> {
    const rows = await this.#database.all(
      sql`SELECT v.publication, v.version, p.owner_group, v.approved_by, i.content
          FROM ${this.#database.table('publication')} AS p
          JOIN ${this.#database.table('publication_version')} AS v ON v.publication = p.id
          JOIN ${this.#database.table('publication_item')} AS i ON i.publication = v.publication AND i.version = v.version
          WHERE p.repository = ${repository} AND i.section = 'collection'
          AND v.state IN ('APPROVED', 'STAGING', 'VERIFYING', 'COMMITTING', 'PUBLISHED')`,
      look(),
    );
    const covered = new Map<string, Covered>();
    for (const [publication, version, group, approvedBy, content] of rows) {
      const { name, isOfficial } = readCollection(String(content));
      if (isOfficial || !covers(granted, name)) continue;
      covered.set(`${String(publication)} ${String(version)}`, {
        publication: String(publication),
        version: Number(version),
        group: group as string | null,
        approvedBy: approvedBy as string | null,
      });
    }
    return [...covered.values()];
  }
}
