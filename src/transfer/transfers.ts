/** Transfers and ingests as the faces call them. */
import { createHmac } from 'node:crypto';
import { nameInAddresses, type VisibleRepositories } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { Job, Jobs } from '../jobs/job.ts';
import { searchDatasets } from '../repository/search/datasets.ts';
import type { MadeFrom } from '../satellite/made-from.ts';
import { sameSatellite, type OpenSatellite, type SatelliteDirectory } from '../satellite/satellite.ts';
import { seededUuids } from './dataset-uuid.ts';
import { checkFiles, checkRun } from './ingest-check.ts';
import { ingestKind, writeFiles, type IngestInput } from './ingest-kind.ts';
import type {
  IngestDatasets,
  IngestStart,
  TransferConflict,
  TransferDatasets,
  TransferPlan,
  TransferService,
} from './service.ts';
import type { LeftFiles } from './left-files.ts';
import type { Uploads } from './uploads.ts';
import type { TransferSurroundings } from './attempt-setting.ts';
import { planTransfer, transferInput, transferKind } from './transfer-kind.ts';

export interface TransferOptions extends TransferSurroundings {
  readonly jobs: Jobs;
  readonly satellites: SatelliteDirectory;
  readonly uploads: Uploads;
  readonly leftFiles: LeftFiles;
  readonly madeFrom: Pick<MadeFrom, 'add'>;
  /** Longest that a dry run, or the checks before a job, may take, ms. */
  readonly planMilliseconds: number;
}

export class Transfers implements TransferService {
  readonly #options: TransferOptions;
  readonly #kind: ReturnType<typeof transferKind>;
  readonly #ingestKind: ReturnType<typeof ingestKind>;

  /** Defines its kinds of jobs. */
  constructor(options: TransferOptions) {
    this.#options = options;
    this.#kind = transferKind(options, options.leftFiles, options.madeFrom);
    this.#ingestKind = ingestKind(options, (upload) => options.uploads.registered(upload));
    options.jobs.define(this.#kind);
    options.jobs.define(this.#ingestKind);
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
      const plan = await planTransfer({ source, satellite, datasets, mode, collections }, ctx);
      const tooMuch = mode === 'COPY' ? await this.#lackOfRoom(satellite.fullName, plan.newBytes) : [];
      return { job: null, plan: { ...plan, conflicts: [...tooMuch, ...plan.conflicts] } };
    }
    // What a search refuses is said at once, not by the job.
    if ('search' in datasets) await searchDatasets([source], { ...datasets.search, first: 1 }, ctx);
    const job = await jobs.enqueue(this.#kind, {
      owner: username,
      subject: `satellite:${satellite.fullName}`,
      input: transferInput(request, from, satellite),
      idempotencyKey: request.idempotencyKey,
      token,
    });
    return { job, plan: null };
  }

  async ingest(request: IngestDatasets, principal: Principal): Promise<IngestStart> {
    const { satellite: name, what, seed } = request;
    const { satellites, uploads, planMilliseconds } = this.#options;
    const { username } = principal;
    const satellite = await satellites.forWriting(name, principal);
    if ('commit' in what) return { job: await this.#commit(what.commit, satellite, username), upload: null };
    const ctx = { caller: { username }, signal: AbortSignal.timeout(planMilliseconds) };
    await checkRun(satellite.repository, what.run, ctx);
    const { datasetType, files } = await checkFiles(
      satellite.repository,
      what.datasetType,
      what.files,
      ctx,
      seed && seededUuids(seed),
    );
    if (files.some(({ upload }) => upload)) {
      return { job: null, upload: await uploads.open(username, satellite, datasetType, what.run, files, seed) };
    }
    const input = {
      satellite: satellite.fullName,
      satelliteId: satellite.id,
      datasetType: datasetType.name,
      run: what.run,
      files: writeFiles(files),
      upload: null,
    };
    const key = seed && createHmac('sha256', seed).update('job').digest('base64url');
    return { job: await this.#startIngest(input, username, key), upload: null };
  }

  async commitOf(upload: string, owner: string): Promise<Job | null> {
    return this.#options.jobs.withKey(this.#ingestKind.name, owner, upload);
  }

  /** The same upload committed again is the same job, which tries again where a file was not there yet. */
  async #commit(upload: string, satellite: OpenSatellite, owner: string): Promise<Job> {
    const { uploads, jobs } = this.#options;
    let input: IngestInput;
    try {
      input = await uploads.committed(upload, owner);
    } catch (error) {
      // One that was committed is forgotten before its job.
      const job = await this.commitOf(upload, owner);
      if (job?.state === 'COMPLETED' && job.subject === `satellite:${satellite.fullName}`) return job;
      throw error;
    }
    if (input.satellite !== satellite.fullName) {
      throw new SatelliteError('BAD_USER_INPUT', `That upload is for satellite '${input.satellite}'.`);
    }
    sameSatellite(satellite, input.satelliteId);
    const job = await this.#startIngest(input, owner, upload);
    return job.state === 'FAILED' || job.state === 'CANCELLED' ? jobs.retry(job.id, owner) : job;
  }

  /** What keeps so many bytes from being written now. */
  async #lackOfRoom(satellite: string, bytes: number): Promise<readonly TransferConflict[]> {
    try {
      await this.#options.satellites.reserve(satellite, null, bytes);
      return [];
    } catch (error) {
      if (error instanceof SatelliteError && error.code === 'QUOTA_EXCEEDED') return [{ reason: error.message }];
      throw error;
    }
  }

  #startIngest(input: IngestInput, owner: string, idempotencyKey: string | undefined): Promise<Job> {
    const subject = `satellite:${input.satellite}`;
    return this.#options.jobs.enqueue(this.#ingestKind, { owner, subject, input, idempotencyKey });
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
