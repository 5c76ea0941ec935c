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
import type { OfferedRepository, VisibleRepositories } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { CALL_TABLES, IdempotentCalls } from '../jobs/idempotent-calls.ts';
import type { Jobs } from '../jobs/job.ts';
import { createJobs } from '../jobs/jobs.ts';
import { Curation } from '../satellite/curation.ts';
import { LEASE_MILLISECONDS } from '../satellite/exclusive-writer.ts';
import { jobRights, type JobRights } from '../satellite/job-rights.ts';
import { Removals } from '../satellite/removal.ts';
import { Satellites, type SatellitesOptions } from '../satellite/satellites.ts';
import { visibleRepositories } from '../satellite/visible-repositories.ts';
import type { PublicationCommit } from '../publish/commit.ts';
import { webhookName } from '../publish/outbox.ts';
import { publishedInputs } from '../publish/published-inputs.ts';
import { Publications } from '../publish/publications.ts';
import type { PublishedSettings } from '../publish/settings.ts';
import type { Claims } from '../run/claims.ts';
import { RUN_TABLES } from '../run/store.ts';
import { RunInputs } from '../run/transfer/run-inputs.ts';
import { MadeFrom } from '../satellite/made-from.ts';
import { createLeases } from '../state/leases.ts';
import { openState } from '../state/open.ts';
import type { State } from '../state/state.ts';
import { prepareTables } from '../state/tables.ts';
import { bringCalibrations } from '../transfer/calibrations.ts';
import type { ReferenceSettings } from '../transfer/references.ts';
import { Transfers } from '../transfer/transfers.ts';
import { LEFT_FILES_TABLES, LeftFiles } from '../transfer/left-files.ts';
import { Uploads, UPLOAD_TABLES } from '../transfer/uploads.ts';
import { accountsOf, type AuthenticationState } from './authentication.ts';
import type { GatewayConfig } from './config.ts';
import { publishedSettings } from './publishing-config.ts';
import type { ScopeOptions } from './request-scope.ts';
import { openRuns } from './runs.ts';

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
  /** What brings publications into published repositories; undefined: there are none. */
  readonly commit: PublicationCommit | undefined;
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

/** Tables of what is merely made: what is opened prepares its own. */
const TABLES = [CALL_TABLES, UPLOAD_TABLES, LEFT_FILES_TABLES, RUN_TABLES, REVOCATION_TABLES, FIRST_SIGHT_TABLES];

/** What all services stand on. */
interface Base extends ServicesOptions {
  readonly state: State;
  readonly jobs: Jobs;
  readonly memberships: Memberships;
  readonly rights: JobRights;
  readonly references: ReferenceSettings;
  /** Ends what opens them, where that takes too long. */
  readonly signal: AbortSignal;
}

/**
 * Opens the state, makes or renews its tables, and prepares the services.
 * @throws SatelliteError where the state cannot be used
 */
export async function openServices(
  writing: NonNullable<GatewayConfig['writing']>,
  options: ServicesOptions,
): Promise<OpenServices> {
  const { config, offered, files, publicUrl, ownUrls, log, now } = options;
  const requestMs = config.http.limits.seconds * 1000;
  const signal = AbortSignal.timeout(OPEN_MS);
  const state = await openState(writing.state, signal);
  for (const tables of TABLES) await prepareTables(state.database, tables, signal);
  const { jobs, memberships } = await openJobs(state, options, signal);
  const rights = jobRights(memberships);
  const capabilities = Capabilities.of(state.secret);
  const references = { publicUrl, ownUrls, mintCapability: capabilities.mint.bind(capabilities) };
  const base: Base = { ...options, state, jobs, memberships, rights, references, signal };

  const satellites = await openSatellites(writing.satellites, base);
  const repositoriesOf = (who: Identity) => visibleRepositories(who, offered, satellites);
  const uploads = new Uploads(state, satellites, memberships, publicUrl);
  const leftFiles = new LeftFiles({ state, jobs, satellites, uploads, log });
  const surroundings = { jobs, satellites, rights, repositoriesOf, files, references };
  const settings = options.commit ? publishedSettings(config.repositories) : [];
  const publishedIn = settings.map(({ name }) => name);
  const madeFrom = new MadeFrom(state.database, publishedInputs(state.database, publishedIn));
  const publications = await openPublications(settings, base, repositoriesOf, madeFrom);
  const revocations = new Revocations(state);
  const { runs, claims, minted, sweeper } = openRuns(config, {
    surroundings,
    madeFrom,
    leftFiles,
    revocations,
    memberships,
    state,
    publicUrl,
    log,
    now,
  });
  const services: Services = {
    calls: new IdempotentCalls(state, requestMs),
    jobs,
    satellites,
    curation: new Curation(satellites),
    removals: new Removals(satellites, jobs, rights),
    care: satellites.care({ repositoriesOf, files, ownUrls }),
    migration: config.python && satellites.migration(config.python),
    transfers: new Transfers({ ...surroundings, madeFrom, uploads, leftFiles, planMilliseconds: requestMs }),
    runs,
    runInputs: new RunInputs({ surroundings, jobs, satellites, runs, leftFiles, planMilliseconds: requestMs }),
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

/** Jobs, and what is known of the users for whom they work: one who is seen again lets theirs go on. */
async function openJobs(state: State, { config, gafaelfawr, log, now }: ServicesOptions, signal: AbortSignal) {
  const recheckMs = config.http.limits.recheckSeconds * 1000;
  const jobs = await createJobs(state, {
    runConcurrency: config.runs.atOnce,
    rightsMilliseconds: recheckMs,
    heldMilliseconds: recheckMs,
    log,
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
  return { jobs, memberships };
}

function openSatellites(settings: SatellitesOptions['settings'], base: Base): Promise<Satellites> {
  const { config, state, jobs, rights, references, offered, publicUrl, log, now } = base;
  return Satellites.open({
    settings,
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
}

/** Undefined where nothing can be published. */
async function openPublications(
  settings: readonly PublishedSettings[],
  { config, state, jobs, memberships, files, offered, commit, publicUrl, now, log, signal }: Base,
  repositoriesOf: (who: Identity) => Promise<VisibleRepositories>,
  madeFrom: MadeFrom,
): Promise<Publications | undefined> {
  if (!commit || settings.length === 0) return undefined;
  return Publications.open(
    {
      ...{ state, jobs, memberships, repositoriesOf, files, offered, settings, commit, publicUrl, now, log },
      madeFrom: (source) => madeFrom.of(source),
      webhooks: config.webhooks.map(({ url, secret }) => ({ name: webhookName(url), url, secret })),
      waitMilliseconds: Math.min(config.http.limits.seconds * 500, LONGEST_WAIT_MS),
    },
    signal,
  );
}
