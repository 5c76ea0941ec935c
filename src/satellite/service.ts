/** What the faces ask of the satellites, beside their directory; `schema/satellite.graphql` says what each means to its user. */
import type { Principal } from '../access/principal.ts';
import type { Job } from '../jobs/job.ts';
import type { AnySatellite, SatelliteDirectory, SatelliteRecord } from './satellite.ts';

/** What a call asks for beside what it is about. */
export interface Change {
  readonly idempotencyKey?: string | undefined;
}

export interface CreateSatellite extends Change {
  readonly name: string;
  readonly official: string;
  readonly database: 'SQLITE' | 'POSTGRESQL';
  readonly artifacts: 'FILES' | 'S3';
  readonly instruments: readonly string[];
  readonly skymaps: readonly string[];
  /** CALIBRATION collections of the official repository, or chains of them. */
  readonly curatedCalibrations: readonly string[];
  readonly group: string | null;
  /** Null: as configured. */
  readonly quotaBytes: number | null;
  readonly capabilityUrls: boolean;
}

/** A satellite by its bare or full name. */
export interface ChangeSatellite extends Change {
  readonly satellite: string;
  /** Gives the plan only. */
  readonly dryRun: boolean;
}

/** JSON.  What a change concerns: what goes with a reset or a delete, comes back with a restore, is looked at by a verify. */
export type SatellitePlan = {
  /** Null, as the next three, where it cannot be read. */
  readonly datasets: number | null;
  /** Of its own files: freed by a reset or a delete. */
  readonly bytes: number | null;
  /** Datasets that are held by reference. */
  readonly references: number | null;
  readonly collections: readonly string[] | null;
  /** Full names of other satellites that refer to its datasets. */
  readonly referencedBy: readonly string[];
  /** For people: why what goes is not known; null where it is. */
  readonly warning: string | null;
};

/** JSON.  What an upgrade to another universe would do. */
export type MigrationPlan = {
  /** Versions of the universe. */
  readonly from: number;
  readonly to: number;
  /** For people, in order. */
  readonly steps: readonly string[];
};

export interface SatelliteChange<Plan = SatellitePlan> {
  /** As it is after the call; null where it is gone for good. */
  readonly satellite: SatelliteRecord | null;
  /** Null where all is done. */
  readonly job: Job | null;
  /** Null where nothing is planned before it is done. */
  readonly plan: Plan | null;
}

/** Every method throws what the directory's `forWriting` throws, and CONFLICT where the satellite's state forbids it. */
export interface SatelliteService extends SatelliteDirectory {
  /** Null where there is none, or it does not exist for the principal; one that was deleted is given until it is purged. */
  find(name: string, principal: Principal): Promise<AnySatellite | null>;
  /** By name, then those of the configuration; those that were deleted only where asked. */
  list(principal: Principal, options: { readonly deleted: boolean }): Promise<readonly AnySatellite[]>;
  /** What stock Python gives to `Butler(...)`, where the user is. */
  uri(satellite: AnySatellite): string;
  /** What its users should know of where it is; for people. */
  warnings(satellite: AnySatellite): readonly string[];
  /** What stock Python needs beside the uri: credentials of this satellite only; null for all but its owner, and of one of the configuration. */
  environment(satellite: AnySatellite, principal: Principal): Promise<Readonly<Record<string, unknown>> | null>;
  create(request: CreateSatellite, principal: Principal): Promise<SatelliteChange<null>>;
  reset(request: ChangeSatellite, principal: Principal): Promise<SatelliteChange>;
  /** @param request `purge`: at once and for good */
  delete(request: ChangeSatellite & { readonly purge: boolean }, principal: Principal): Promise<SatelliteChange>;
  restore(request: ChangeSatellite, principal: Principal): Promise<SatelliteChange>;
  rotateCapability(request: Omit<ChangeSatellite, 'dryRun'>, principal: Principal): Promise<SatelliteChange<null>>;
}

/** Care of satellites. */
export interface SatelliteCare {
  /** @param request `repair`: mends what can be mended */
  verify(request: ChangeSatellite & { readonly repair: boolean }, principal: Principal): Promise<SatelliteChange>;
  /** Hands it to stock Python: the gateway only reads until `checkin`. */
  checkout(request: Omit<ChangeSatellite, 'dryRun'>, principal: Principal): Promise<SatelliteChange<null>>;
  checkin(request: Omit<ChangeSatellite, 'dryRun'>, principal: Principal): Promise<SatelliteChange<null>>;
}

/** Moving a satellite to the universe that its official repository has now. */
export interface SatelliteMigration {
  /** @param request `undo`: back to the backup of the last migration */
  migrate(
    request: ChangeSatellite & { readonly undo: boolean },
    principal: Principal,
  ): Promise<SatelliteChange<MigrationPlan>>;
}
