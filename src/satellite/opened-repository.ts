/** A satellite's repository as it is given out: opened when it is first asked, and whenever it has been closed since. */
import type { CollectionRule, QueryContext, Repository } from '../repository/repository.ts';
import type { Finding } from '../repository/direct/verify/finding.ts';
import type {
  ImportPlan,
  Reference,
  RemovedDatasets,
  WriteableRepository,
} from '../repository/writeable-repository.ts';
import { BorrowedRepository, type Borrow } from './borrowed-repository.ts';

type Parameters<Method extends keyof WriteableRepository> = WriteableRepository[Method] extends (
  ...args: infer Args
) => unknown
  ? Args
  : never;

export class OpenedRepository extends BorrowedRepository<WriteableRepository> implements WriteableRepository {
  readonly #admit: (signal: AbortSignal) => Promise<void>;

  /** @param admit asked before each change. @throws SatelliteError CONFLICT where none is allowed (any more) */
  constructor(name: string, borrow: Borrow<WriteableRepository>, admit: (signal: AbortSignal) => Promise<void>) {
    super(name, borrow);
    this.#admit = admit;
  }

  readableAs(rule: CollectionRule): Repository {
    return new BorrowedRepository(this.name, async (signal) => {
      const { repository, done } = await this.borrow(signal);
      return { repository: repository.readableAs(rule), done };
    });
  }

  registerDatasetTypes(...args: Parameters<'registerDatasetTypes'>): Promise<readonly string[]> {
    return this.#write(args[1], (repository) => repository.registerDatasetTypes(...args));
  }

  registerCollection(...args: Parameters<'registerCollection'>): Promise<boolean> {
    return this.#write(args[1], (repository) => repository.registerCollection(...args));
  }

  setCollectionDoc(...args: Parameters<'setCollectionDoc'>): Promise<void> {
    return this.#write(args[2], (repository) => repository.setCollectionDoc(...args));
  }

  setCollectionChain(...args: Parameters<'setCollectionChain'>): Promise<void> {
    return this.#write(args[3], (repository) => repository.setCollectionChain(...args));
  }

  insertDimensionRecords(...args: Parameters<'insertDimensionRecords'>): Promise<number> {
    return this.#write(args[2], (repository) => repository.insertDimensionRecords(...args));
  }

  planImport(...args: Parameters<'planImport'>): Promise<ImportPlan> {
    return this.read(args[1], (repository) => repository.planImport(...args));
  }

  importDatasets(...args: Parameters<'importDatasets'>): Promise<ImportPlan> {
    return this.#write(args[1], (repository) => repository.importDatasets(...args));
  }

  changeTogether(...args: Parameters<'changeTogether'>): Promise<readonly string[]> {
    return this.#write(args[1], (repository) => repository.changeTogether(...args));
  }

  countReferences(...args: Parameters<'countReferences'>): Promise<number> {
    return this.read(args[1], (repository) => repository.countReferences(...args));
  }

  recordedAt(...args: Parameters<'recordedAt'>): ReturnType<WriteableRepository['recordedAt']> {
    return this.read(args[1], (repository) => repository.recordedAt(...args));
  }

  moveReferences(...args: Parameters<'moveReferences'>): Promise<number> {
    return this.#write(args[1], (repository) => repository.moveReferences(...args));
  }

  associate(...args: Parameters<'associate'>): Promise<void> {
    return this.#write(args[2], (repository) => repository.associate(...args));
  }

  disassociate(...args: Parameters<'disassociate'>): Promise<void> {
    return this.#write(args[2], (repository) => repository.disassociate(...args));
  }

  certify(...args: Parameters<'certify'>): Promise<void> {
    return this.#write(args[3], (repository) => repository.certify(...args));
  }

  decertify(...args: Parameters<'decertify'>): Promise<void> {
    return this.#write(args[4], (repository) => repository.decertify(...args));
  }

  removeDatasets(...args: Parameters<'removeDatasets'>): Promise<RemovedDatasets> {
    return this.#write(args[2], (repository) => repository.removeDatasets(...args));
  }

  removeCollection(...args: Parameters<'removeCollection'>): Promise<RemovedDatasets> {
    return this.#write(args[2], (repository) => repository.removeCollection(...args));
  }

  emptyTrash(...args: Parameters<'emptyTrash'>): Promise<RemovedDatasets> {
    return this.#write(args[0], (repository) => repository.emptyTrash(...args));
  }

  removeUnrecorded(...args: Parameters<'removeUnrecorded'>): Promise<number> {
    return this.#write(args[1], (repository) => repository.removeUnrecorded(...args));
  }

  async *verify(...args: Parameters<'verify'>): AsyncGenerator<Finding> {
    if (args[1]) await this.#admit(args[2].signal);
    const { repository, done } = await this.borrow(args[2].signal);
    try {
      yield* repository.verify(...args);
    } finally {
      done();
    }
  }

  async *references(ctx: QueryContext): AsyncGenerator<readonly Reference[]> {
    const { repository, done } = await this.borrow(ctx.signal);
    try {
      yield* repository.references(ctx);
    } finally {
      done();
    }
  }

  async #write<T>(ctx: QueryContext, change: (repository: WriteableRepository) => Promise<T>): Promise<T> {
    await this.#admit(ctx.signal);
    return this.read(ctx, change);
  }
}
