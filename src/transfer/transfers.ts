/** Transfers and ingests as the faces call them. */
import { nameInAddresses, type VisibleRepositories } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Job, Jobs } from '../jobs/job.ts';
import { searchDatasets } from '../repository/search/datasets.ts';
import type { SatelliteDirectory } from '../satellite/satellite.ts';
import type { TransferDatasets, TransferPlan } from './service.ts';
import { planTransfer, transferInput, transferKind, type TransferSurroundings } from './transfer-kind.ts';

export interface TransferOptions extends TransferSurroundings {
  readonly jobs: Jobs;
  readonly satellites: SatelliteDirectory;
  /** Longest that a dry run may take, ms. */
  readonly planMilliseconds: number;
}

export class Transfers {
  readonly #options: TransferOptions;
  readonly #kind: ReturnType<typeof transferKind>;

  /** Defines its kinds of jobs. */
  constructor(options: TransferOptions) {
    this.#options = options;
    this.#kind = transferKind(options);
    options.jobs.define(this.#kind);
  }

  async transfer(
    request: TransferDatasets,
    principal: Principal,
    repositories: VisibleRepositories,
  ): Promise<{ readonly job: Job | null; readonly plan: TransferPlan | null }> {
    const { satellites, jobs, planMilliseconds } = this.#options;
    const satellite = await satellites.forWriting(request.to, principal);
    const offered = repositories.get(sourceName(request, satellite.official));
    const from = nameInAddresses(offered);
    if (from === satellite.fullName) {
      throw new SatelliteError(
        'BAD_USER_INPUT',
        `"from" and "to" are the same: what is in '${from}' is there already.`,
      );
    }
    const signal = AbortSignal.timeout(planMilliseconds);
    const { username, token } = principal;
    const ctx = { caller: { username, token }, signal };
    const { datasets, mode, collections } = request;
    const source = offered.repository;
    if (request.dryRun) {
      return { job: null, plan: await planTransfer({ source, satellite, datasets, mode, collections }, ctx) };
    }
    // What a search refuses is said at once, not by the job.
    if ('search' in datasets) await searchDatasets([source], { ...datasets.search, first: 1 }, ctx);
    const job = await jobs.enqueue(this.#kind, {
      owner: username,
      subject: `satellite:${satellite.fullName}`,
      input: transferInput(request, from, satellite.fullName, principal),
      idempotencyKey: request.idempotencyKey,
      token,
    });
    return { job, plan: null };
  }
}

function sourceName({ from, to }: TransferDatasets, official: string | undefined): string {
  const name = from ?? official;
  if (name !== undefined) return name;
  throw new SatelliteError(
    'BAD_USER_INPUT',
    `"from" is needed: '${to}' does not say which repository it was made from.`,
  );
}
