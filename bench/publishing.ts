/** How long publishing takes from one part of an object store to another, beside stock `transfer_from(…, transfer="copy")`. */
import { randomUUID } from 'node:crypto';
import type { CommitWork } from '../src/publish/commit.ts';
import { PublishedRepositories } from '../src/publish/commit/published-repositories.ts';
import { RepositoryCommit } from '../src/publish/commit/repository-commit.ts';
import type { Manifest } from '../src/publish/manifest.ts';
import type { DirectRepository } from '../src/repository/direct/direct-repository.ts';
import { openDirectRepository } from '../src/repository/direct/open.ts';
import { runPython } from '../stack/run-python.ts';
import { BlobWorld, contextOf, DATASETS, RUN, TYPE } from './blobs.ts';
import { othersMeanwhile } from './others-meanwhile.ts';
import { compare, median, type Measure } from './ratio.ts';

/** @param scaled root of a repository that others read meanwhile, and whose universe is taken */
export async function publishing(scaled: string): Promise<Measure[]> {
  await using world = await BlobWorld.start(scaled);
  const { root, manifest } = await world.source();
  const measures = await new PublishingBench(world).measures(root, manifest);
  return [...measures, await othersMeanwhile(world, root, scaled)];
}

class PublishingBench {
  readonly #world: BlobWorld;
  #made = 0;

  constructor(world: BlobWorld) {
    this.#world = world;
  }

  async measures(root: string, manifest: Manifest): Promise<Measure[]> {
    const source = await openDirectRepository({ name: 'source', path: root, s3: this.#world.access });
    const hashing: number[] = [];
    const whole = async (): Promise<number> => {
      const { elapsed, hashed } = await this.#publish(manifest, source);
      hashing.push(hashed);
      return elapsed;
    };
    const options = { unit: 'ms', rounds: 3 } as const;
    const count = DATASETS.toLocaleString('en').replaceAll(',', ' ');
    const all = await compare(
      { name: `(o) publishing ${count} datasets to transfer_from(copy), S3 to S3`, ...options, bound: { atMost: 1 } },
      whole,
      () => this.#stock(root),
    );
    await source.close();
    const hashed = median(hashing.slice(1));
    const rest = all.ours - hashed;
    return [
      all,
      {
        name: '(o) the same without reading and hashing the copies again',
        unit: 'ms',
        ours: rest,
        peer: all.peer!,
        ratio: rest / all.peer!,
        bound: { atMost: 0.5 },
      },
      { name: '(o) reading and hashing the copies again', unit: 'ms', ours: hashed },
    ];
  }

  async #publish(manifest: Manifest, source: DirectRepository) {
    const name = `published${(this.#made += 1)}`;
    const path = await this.#world.repository(name);
    const repositories = new PublishedRepositories([{ name, path, s3: this.#world.access }]);
    const commit = new RepositoryCommit(repositories, () => Promise.resolve(true));
    await repositories.writeable(name);
    const at: number[] = [performance.now()];
    const asked = contextOf();
    const work: CommitWork = {
      ctx: asked,
      task: {
        jobId: 'bench',
        owner: 'alice',
        attempt: 1,
        signal: asked.signal,
        step: (_name, work) => work(),
        progress: () => Promise.resolve(),
        log: () => Promise.resolve(),
      },
      enter: () => Promise.resolve(void at.push(performance.now())),
      find: async ({ uuid }, { component }, fileCtx) => {
        const found = await source.fileSource(uuid, component, fileCtx);
        if (found?.kind !== 'url') throw new Error(`dataset ${uuid} is not in the object store`);
        return found;
      },
      storeObjects: (datasets, pageCtx) =>
        source.storeObjects(
          datasets.map(({ uuid }) => uuid),
          pageCtx,
        ),
      read: () => Promise.reject(new Error('the bytes were to be copied within the object store')),
      replaced: null,
    };
    const version = { publication: randomUUID(), version: 1, repository: name };
    await commit.commit(version, manifest, work);
    at.push(performance.now());
    await repositories.close();
    const [begin, verifying, committing, end] = at as [number, number, number, number];
    return { elapsed: end - begin, hashed: committing - verifying };
  }

  async #stock(source: string): Promise<number> {
    const root = await this.#world.repository(`stock${(this.#made += 1)}`);
    const selection = JSON.stringify([[TYPE.name, [RUN], '']]);
    const args = ['transfer', source, root, 'copy', selection];
    return Number(await runPython('test/oracle/stock_transfer.py', args, this.#world.environment)) * 1000;
  }
}
