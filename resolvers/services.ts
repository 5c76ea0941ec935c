import { SatelliteError } from '../src/butler/errors.ts';
import type { IdempotentCalls } from '../src/jobs/idempotent-calls.ts';
import type { Jobs } from '../src/jobs/job.ts';
import type { PublicationService } from '../src/publish/service.ts';
import type { Curation } from '../src/satellite/curation.ts';
import type { Removals } from '../src/satellite/removal.ts';
import type { SatelliteCare, SatelliteMigration, SatelliteService } from '../src/satellite/service.ts';
import type { Sharing } from '../src/satellite/sharing.ts';
import type { TransferService } from '../src/transfer/service.ts';
import type { RunInputs } from '../src/run/transfer/run-inputs.ts';
import type { RunService } from '../src/run/service.ts';
import type { GraphQLContext } from './context.ts';

/** What mutations and the fields of their objects delegate to. */
export interface Services {
  readonly calls: Pick<IdempotentCalls, 'once'>;
  readonly jobs: Jobs;
  readonly satellites: SatelliteService;
  readonly care: SatelliteCare;
  /** Undefined: there is no Python stack that could do it. */
  readonly migration: SatelliteMigration | undefined;
  readonly curation: Curation;
  readonly removals: Removals;
  readonly transfers: TransferService;
  readonly runs: RunService;
  /** What runs read, for transfers. */
  readonly runInputs: Pick<RunInputs, 'transfer'>;
  readonly sharing: Sharing;
  /** Undefined: no repository is configured to be published in. */
  readonly publications: PublicationService | undefined;
}

/** @throws SatelliteError FORBIDDEN where the gateway keeps no state, and so cannot change anything */
export function servicesOf({ services }: Pick<GraphQLContext, 'services'>): Services {
  if (services) return services;
  throw new SatelliteError(
    'FORBIDDEN',
    'This gateway only reads: ask its operator to configure "state" and "satellites".',
  );
}

/** @throws SatelliteError FORBIDDEN where this gateway does not offer it */
export function migrationOf({ migration }: Services): SatelliteMigration {
  if (migration) return migration;
  throw new SatelliteError(
    'FORBIDDEN',
    'This gateway cannot migrate satellites: ask its operator to configure "python.executable".',
  );
}

/** @throws SatelliteError FORBIDDEN where nothing can be published here */
export function publicationsOf({ publications }: Services): PublicationService {
  if (publications) return publications;
  throw new SatelliteError(
    'FORBIDDEN',
    'Nothing can be published here: ask the operator of this gateway to configure a repository with "role: published".',
  );
}
