/** What changes things: the gateway's state, its jobs, and the services behind the mutations, put together. */
import type { Logger } from 'pino';
import type { Services } from '../../resolvers/services.ts';
import { Capabilities } from '../access/capability.ts';
import type { Gafaelfawr } from '../access/gafaelfawr.ts';
import { FirstSights, FIRST_SIGHT_TABLES } from '../access/first-sights.ts';
import { Revocations, REVOCATION_TABLES } from '../access/revocations.ts';
import type { FileResolver } from '../access/file-resolution.ts';
import type { Memberships } from '../access/memberships.ts';
import { StateMemberships } from '../access/memberships-in-state.ts';
import type { OfferedRepository } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { CALL_TABLES, IdempotentCalls } from '../jobs/idempotent-calls.ts';
import { createJobs } from '../jobs/jobs.ts';
import { Curation } from '../satellite/curation.ts';
import { LEASE_MILLISECONDS } from '../satellite/exclusive-writer.ts';
import { jobRights } from '../satellite/job-rights.ts';
import { Removals } from '../satellite/removal.ts';
import { Satellites } from '../satellite/satellites.ts';
import { visibleRepositories } from '../satellite/visible-repositories.ts';
import type { PublicationCommit } from '../publish/commit.ts';
import { publishedInputs } from '../publish/published-inputs.ts';
import { Publications } from '../publish/publications.ts';
import { Claims } from '../run/claims.ts';
import { Runs } from '../run/runs.ts';
import { Stages } from '../run/stages.ts';
import { RunSweeper } from '../run/sweeper.ts';
import { RunStore, RUN_TABLES } from '../run/store.ts';
import { RunInputs } from '../run/transfer/run-inputs.ts';
import { MadeFrom } from '../satellite/made-from.ts';
import { createLeases } from '../state/leases.ts';
import { openState } from '../state/open.ts';
import type { State } from '../state/state.ts';
import { prepareTables } from '../state/tables.ts';
import { bringCalibrations } from '../transfer/calibrations.ts';
import { Transfers } from '../transfer/transfers.ts';
import { LEFT_FILES_TABLES, LeftFiles } from '../transfer/left-files.ts';
import { Uploads, UPLOAD_TABLES } from '../transfer/uploads.ts';
import { accountsOf, openMintedTokens, type AuthenticationState } from './authentication.ts';
import type { GatewayConfig } from './config.ts';
import { publishedSettings } from './publishing-config.ts';
import type { ScopeOptions } from './request-scope.ts';

export interface ServicesOptions {
  readonly config: GatewayConfig;
  /** The configured repositories, open. */
  readonly offered: readonly OfferedRepository[];
  /** Undefined: not configured. */
  readonly gafaelfawr: Gafaelfawr | undefined;
  readonly files: FileResolver;
  readonly publicUrl: () => string;
  /** All addresses of the gateway. */
  readonly ownUrls: () => readonly string[];
  readonly log: Logger;
  /** Unix milliseconds, for the end of grants. */
  readonly now: () => number;
  /** What brings publications into published repositories. */
  readonly commit: PublicationCommit;
}

export interface OpenServices {
  readonly services: Services;
  readonly satellites: NonNullable<ScopeOptions['satellites']>;
  readonly uploads: Uploads;
  readonly claims: Claims;
  readonly state: State;
  readonly memberships: Memberships;
  readonly authentication: AuthenticationState;
  /** Goes on with what was left unfinished; when the gateway's own address is known. */
  start(): Promise<void>;
  /** Lets jobs reach the end of a step. */
  close(): Promise<void>;
}

const OPEN_MS = 60_000;
/** How long a request waits for the manifest of what it submits. */
const LONGEST_WAIT_MS = 20_000;

/**
 * Opens the state, makes or renews its tables, and prepares the services.
 * @throws SatelliteError where the state cannot be used
 */
export async function openServices(
  writing: NonNullable<GatewayConfig['writing']>,
  { config, offered, gafaelfawr, files, publicUrl, ownUrls, log, now, commit }: ServicesOptions,
): Promise<OpenServices> {
  const requestMs = config.http.limits.seconds * 1000;
  const recheckMs = config.http.limits.recheckSeconds * 1000;
  const signal = AbortSignal.timeout(OPEN_MS);
  const state = await openState(writing.state, signal);
  for (const tables of [
    CALL_TABLES,
    UPLOAD_TABLES,
    LEFT_FILES_TABLES,
    RUN_TABLES,
    REVOCATION_TABLES,
    FIRST_SIGHT_TABLES,
  ])
    await prepareTables(state.database, tables, signal);
  const jobs = await createJobs(state, {
    runConcurrency: config.runs.atOnce,
    ...{ rightsMilliseconds: recheckMs, heldMilliseconds: recheckMs, log },
  });
  const memberships = await StateMemberships.open(
    state,
    {
      shown: ({ username, token }) => {
        jobs.resume(username, token).catch((err: unknown) => log.warn({ err }, 'could not go on with jobs'));
      },
      accounts: accountsOf(config.auth, gafaelfawr),
      now,
      log,
    },
    signal,
  );
  const rights = jobRights(memberships);
  const capabilities = Capabilities.of(state.secret);
  const references = { publicUrl, ownUrls, mintCapability: capabilities.mint.bind(capabilities) };
  const repositoriesOf = (who: Identity) => visibleRepositories(who, offered, satellites);
  const satellites: Satellites = await Satellites.open({
    settings: writing.satellites,
    state,
    jobs,
    rights,
    leases: createLeases(state, LEASE_MILLISECONDS),
    offered,
    configured: config.repositories.map((r) => ({
      name: r.name,
      owner: r.owner,
      readers: r.groups,
      path: r.kind === 'direct' ? r.path : undefined,
    })),
    publicUrl,
    bringCalibrations: async (request, task, ctx) => void (await bringCalibrations(request, references, task, ctx)),
    log,
    now,
  });
  const uploads = new Uploads(state, satellites, memberships, publicUrl);
  const leftFiles = new LeftFiles({ state, jobs, satellites, uploads, log });
  const surroundings = { jobs, satellites, rights, repositoriesOf, files, references };
  const settings = publishedSettings(config.repositories);
  const publishedIn = commit ? settings.map(({ name }) => name) : [];
  const madeFrom = new MadeFrom(state.database, publishedInputs(state.database, publishedIn));
  const transfers = new Transfers({
    ...surroundings,
    madeFrom,
    uploads,
    leftFiles,
    planMilliseconds: requestMs,
  });
  const store = new RunStore(state.database);
  const publications =
    commit && settings.length > 0
      ? await Publications.open(
          {
            ...{ state, jobs, memberships, repositoriesOf, files, offered, settings, commit, publicUrl, now, log },
            madeFrom: (source) => madeFrom.of(source),
            webhooks: config.webhooks.map(({ url, secret }) => ({ name: url, url, secret })),
            waitMilliseconds: Math.min(requestMs / 2, LONGEST_WAIT_MS),
          },
          signal,
        )
      : undefined;
  const revocations = new Revocations(state);
  const minted = openMintedTokens(
    config.auth,
    { secret: state.secret, memberships, revocations },
    async (job, username) => (await claims.tokenOf(job, username)) ?? jobs.tokenFor(job, username),
  );
  const { memoryBytes = null, atOnce: _ofJobs, ...runSettings } = config.runs;
  const stages = new Stages({
    store,
    jobs,
    settings: { ...runSettings, memoryBytes, python: config.python },
    surroundings,
    madeFrom,
    minted,
    publicUrl,
    log,
  });
  const runs = new Runs({ store, satellites, stages, jobs, pipelines: config.python?.path ?? [] });
  const claims: Claims = new Claims({ store, runs, satellites, stages, minted, secret: state.secret, log, now });
  const sweeper = new RunSweeper({ stages, claims, log });
  const services: Services = {
    calls: new IdempotentCalls(state, requestMs),
    jobs,
    satellites,
    curation: new Curation(satellites),
    removals: new Removals(satellites, jobs, rights),
    care: satellites.care({ repositoriesOf, files, ownUrls }),
    migration: config.python && satellites.migration(config.python),
    transfers,
    runs,
    runInputs: new RunInputs({ surroundings, jobs, satellites, runs, planMilliseconds: requestMs }),
    sharing: satellites.sharing({
      writeGrants: writing.satellites.writeGrants,
      administrators: config.auth.administrators,
      memberships,
      published: publications?.grants,
      now,
    }),
    publications,
  };
  return {
    services,
    satellites: { directory: satellites, capabilities },
    uploads,
    claims,
    state,
    memberships,
    authentication: {
      secret: state.secret,
      revocations,
      firstSights: new FirstSights(state),
      memberships,
      minted,
    },
    start: async () => {
      await jobs.start();
      await satellites.start();
      await publications?.start();
      sweeper.start();
      leftFiles.start();
    },
    close: async () => {
      await leftFiles.close();
      await sweeper.close();
      await publications?.close();
      await jobs.close();
      await satellites.close();
      await state.close();
    },
  };
}
