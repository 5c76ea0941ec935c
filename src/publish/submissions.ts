/** How a request to publish becomes the first version of a publication, or its next one. */
import { randomUUID } from 'node:crypto';
import { satelliteOf } from '../access/grants.ts';
import { nameInAddresses, type OfferedRepository, type VisibleRepositories } from '../access/policy.ts';
import type { Identity, Principal } from '../access/principal.ts';
import { ownerOfName } from '../access/readable.ts';
import { SatelliteError } from '../butler/errors.ts';
import { namedCollections } from '../transfer/collection-structure.ts';
import type { Decisions } from './decisions.ts';
import type { Packs } from './packs/packs.ts';
import type { PublicationSource, PublicationVersion } from './publication.ts';
import type { SubmitPublication } from './service.ts';
import type { PublishedSettings } from './settings.ts';
import type { PublicationParts } from './submit-kind.ts';
import { checkedRequest } from './submit-request.ts';
import * as law from './transitions.ts';
import type { PublicationView } from './view.ts';

export interface SubmissionsOptions extends Pick<PublicationParts, 'records' | 'sources'> {
  readonly view: PublicationView;
  readonly decisions: Decisions;
  readonly settings: readonly PublishedSettings[];
  readonly packs: Packs;
  /** The repositories that exist for someone now. */
  readonly repositoriesOf: (who: Identity) => Promise<VisibleRepositories>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

const LOOK_MILLISECONDS = 60_000;
const ALL_USERS = { allUsers: true, groups: [], users: [] } as const;

export class Submissions {
  readonly #options: SubmissionsOptions;

  constructor(options: SubmissionsOptions) {
    this.#options = options;
  }

  /** A DRAFT, whose manifest is still to be made. @throws SatelliteError as `PublicationService.submit` */
  async add(request: SubmitPublication, principal: Principal): Promise<PublicationVersion> {
    const checked = checkedRequest(request);
    if (checked.upload !== undefined) return this.#addPacked(checked, checked.upload, principal);
    const offered = await this.#options.sources.owned(checked.satellite, principal);
    const repository = await this.repository(checked.repository, principal);
    const signal = AbortSignal.timeout(LOOK_MILLISECONDS);
    const { username, token } = principal;
    const ctx = { caller: { username, ...(token !== undefined && { token }) }, signal };
    // What is not there is said at once, not by the job.
    const search = { collections: checked.collections, datasetTypes: [], findFirst: false };
    const all = await namedCollections(offered.repository, { search }, ctx);
    const source = {
      repository: nameInAddresses(offered),
      satelliteId: satelliteOf(offered.resource ?? '') ?? null,
      collections: checked.collections,
      search: checked.search,
      groups: owningGroups(offered, all),
    };
    const { group = null, groupId = null } = offered;
    return this.#add(checked, source, { group, groupId }, repository, principal);
  }

  async #addPacked(request: SubmitPublication, upload: string, principal: Principal): Promise<PublicationVersion> {
    const repository = await this.repository(request.repository, principal);
    const { packs } = this.#options;
    const take = await packs.uploaded(upload, principal.username, repository.name, request.publication);
    const { collections, satellite } = request;
    const groups = owningGroups(
      {},
      collections.map((name) => ({ name })),
    );
    const called = `${principal.username}~${satellite}`;
    const source = { repository: called, satelliteId: null, upload, collections, search: null, groups };
    return this.#add(request, source, { group: null, groupId: null }, repository, principal, take);
  }

  async #add(
    request: SubmitPublication,
    source: PublicationSource,
    whose: Pick<PublicationVersion, 'group' | 'groupId'>,
    { name: repository }: PublishedSettings,
    principal: Principal,
    take: Awaited<ReturnType<Packs['uploaded']>> = () => Promise.resolve(),
  ): Promise<PublicationVersion> {
    const now = this.#options.now();
    const { title, description, licence, readers = ALL_USERS } = request;
    const fresh = {
      state: 'DRAFT',
      revision: 1,
      repository,
      submittedBy: principal.username,
      source,
      title,
      description,
      licence,
      readers,
      digest: null,
      checks: [],
      datasets: 0,
      bytes: 0,
      reason: null,
      claimedBy: null,
      claimedUntil: null,
      approvedBy: null,
      approvedDigest: null,
      restartConfirmed: false,
      generation: null,
      withdrawnBy: null,
      goneSince: null,
      job: null,
      createdAt: now,
      submittedAt: null,
      changedAt: now,
    } as const;
    if (request.publication === undefined) {
      const first = { ...fresh, ...whose, owner: principal.username, publication: randomUUID(), version: 1 };
      await this.#options.records.add(first, (transaction) => take(first, transaction));
      return first;
    }
    const { record } = await this.#options.decisions.seen(request.publication, principal, 'AUTHOR');
    law.checkResubmission(record, this.#options.view.actor(record, principal));
    if (record.repository !== repository) {
      throw new SatelliteError('BAD_USER_INPUT', `It is published in '${record.repository}': its versions stay there.`);
    }
    const { publication, owner, group, groupId } = record;
    // Who restricted it, does not open it by saying nothing.
    const kept = { readers: request.readers ?? record.readers };
    const next = { ...fresh, ...kept, publication, owner, group, groupId, version: record.version + 1 };
    if (await this.#options.records.addNext(next, record, (transaction) => take(next, transaction))) return next;
    throw new SatelliteError('CONFLICT', 'It has changed at this moment: look at it again.');
  }

  /** The published repository that is called so, or the only one. @throws SatelliteError BAD_USER_INPUT */
  async repository(called: string | undefined, principal: Identity): Promise<PublishedSettings> {
    const visible = await this.#options.repositoriesOf(principal);
    const known = this.#options.settings.filter(({ name }) => visible.find(name));
    const found = called === undefined && known.length === 1 ? known[0] : known.find(({ name }) => name === called);
    if (found) return found;
    const names = known.map(({ name }) => `'${name}'`).join(', ');
    throw new SatelliteError(
      'BAD_USER_INPUT',
      called === undefined
        ? `Say in "repository" where it is to be published: ${names}.`
        : `'${called}' is no published repository. ${names === '' ? 'There is none for you.' : `There are: ${names}.`}`,
    );
  }
}

/** Of the repository, and of the names of collections. */
function owningGroups(
  { group = null, groupId = null }: Pick<OfferedRepository, 'group' | 'groupId'>,
  collections: readonly { readonly name: string }[],
): PublicationSource['groups'] {
  const names = collections.flatMap(({ name }) => ownerOfName(name) ?? []).filter(({ kind }) => kind === 'group');
  const named = [...new Set(names.map(({ name }) => name))].map((name) => ({ name, id: null }));
  return group === null ? named : [{ name: group, id: groupId }, ...named];
}
