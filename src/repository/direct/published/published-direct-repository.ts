/** A DirectButler repository in which publications are. */
import type { PublishedContent, PublishedRepository } from '../../published-repository.ts';
import type { QueryContext } from '../../repository.ts';
import type { FileRecord } from '../../rows.ts';
import { WriteableDirectRepository, type WriteableDirectRepositoryParts } from '../writeable-direct-repository.ts';
import type { ArtifactStore } from '../datastore/artifact-store.ts';
import { recordedFiles } from '../datastore/recorded-files.ts';
import { locatedDatasets } from '../datastore/records.ts';
import { readsOf } from '../write/reads.ts';
import { removeUnrecorded } from '../write/references.ts';
import { lockLedger, standingOf } from './ledger.ts';
import { publishContent } from './publish.ts';
import { keepVersionOut, withdrawVersion } from './remove.ts';

/** Made by `openPublishedRepository`, which has made its ledger. */
export class PublishedDirectRepository extends WriteableDirectRepository implements PublishedRepository {
  readonly #parts: WriteableDirectRepositoryParts;

  constructor(parts: WriteableDirectRepositoryParts) {
    super(parts);
    this.#parts = parts;
  }

  get artifacts(): ArtifactStore {
    return this.#parts.datastore.store;
  }

  async visibleSince(publication: string, version: number, ctx: QueryContext): Promise<number | null> {
    const standing = await standingOf(readsOf(this.#parts.database, ctx.signal), publication);
    return standing?.visible?.version === version ? standing.visible.generation : null;
  }

  publish(content: PublishedContent, ctx: QueryContext): Promise<number> {
    const { universe, datastore } = this.#parts;
    return this.unlessRaced(ctx, async (tx) => {
      await lockLedger(tx);
      return publishContent(
        tx,
        { universe, location: datastore.location, store: datastore.store },
        content,
        ctx.signal,
      );
    });
  }

  withdraw(publication: string, version: number, ctx: QueryContext): Promise<number> {
    return this.unlessRaced(ctx, async (tx) => {
      await lockLedger(tx);
      return withdrawVersion(tx, this.#parts.datastore.location, publication, version);
    });
  }

  keepOut(
    publication: string,
    version: number,
    ctx: QueryContext,
  ): Promise<{ readonly generation: number; readonly isVisible: boolean }> {
    return this.unlessRaced(ctx, async (tx) => {
      await lockLedger(tx);
      return keepVersionOut(tx, publication, version);
    });
  }

  async storedFiles(uuids: readonly string[], ctx: QueryContext): Promise<ReadonlyMap<string, readonly FileRecord[]>> {
    const reads = readsOf(this.#parts.database, ctx.signal);
    const { location } = this.#parts.datastore;
    return recordedFiles(reads, location, await locatedDatasets(reads, location, uuids));
  }

  override removeUnrecorded(paths: readonly string[], ctx: QueryContext): Promise<number> {
    return this.unlessRaced(ctx, async (tx) => {
      await lockLedger(tx);
      return removeUnrecorded(tx, this.#parts.datastore.location, this.artifacts, paths, ctx.signal);
    });
  }
}
