/** The configuration's section `satellites`; docs/configuration.md has a row for every key. */
import { resolve } from 'node:path';
import { z } from 'zod';
import type { SatelliteSettings } from '../satellite/settings.ts';

const id = z.int().min(0);
const bytes = z.int().positive();
const address = z.url({ protocol: /^https?$/ });

const s3 = z.strictObject({
  /** Address of the object store. @default Amazon's own */
  endpoint: address.optional(),
  /** Bucket in which each satellite gets a prefix. */
  bucket: z.string().min(1),
  /** Its region. @default us-east-1 */
  region: z.string().min(1).default('us-east-1'),
  /** @default what the AWS SDK finds: environment, files, the machine's role */
  accessKeyId: z.string().min(1).optional(),
  /** Best as `${VARIABLE}`. */
  secretAccessKey: z.string().min(1).optional(),
  /** Who gives temporary credentials. @default the endpoint */
  stsEndpoint: address.optional(),
  /** Role that temporary credentials are of, as Amazon needs it. @default the gateway's own rights, narrowed */
  roleArn: z.string().min(1).optional(),
  /** Seconds that temporary credentials are good. @default 3600 */
  sessionSeconds: z.int().min(900).max(43_200).default(3600),
});

const notebook = z.strictObject({
  /** Where users find `root`. @default where the gateway does */
  root: z.string().min(1).optional(),
  /** Whose files satellites are, by user name. @default who owns `ROOT/USER`, else the gateway's own user */
  owners: z.record(z.string(), z.strictObject({ uid: id, gid: id })).default({}),
  /** gid of groups, by name: their members can write to satellites of the group. */
  groups: z.record(z.string(), id).default({}),
});

export const satellitesConfig = z.strictObject({
  /** Directory of the satellites' files and SQLite databases. @default ./satellites */
  root: z.string().min(1).default('./satellites'),
  /** Address of a PostgreSQL database whose user may make schemas and roles. @default no PostgreSQL satellites */
  postgresql: z
    .string()
    .regex(/^postgresql:\/\//, 'must begin with postgresql://')
    .optional(),
  /** @default no satellites in object storage */
  s3: s3.optional(),
  notebook: notebook.prefault({}),
  /** Where one process at a time writes to an SQLite satellite: `detect` (on network file systems) or `always`. @default detect */
  singleWriter: z.enum(['detect', 'always']).default('detect'),
  /** Directories that are emptied from time to time: satellites below them carry a warning. @default /scratch */
  scratch: z.array(z.string().min(1)).default(['/scratch']),
  /** Days in which a deleted satellite can be restored. @default 30 */
  restoreDays: z.int().min(0).default(30),
  /** Bytes that a satellite may hold where its owner asks for none else. @default not limited */
  quotaBytes: bytes.optional(),
  /** Whether owners may let others write to their satellites (`grantAccess`, right `WRITE`). @default false */
  writeGrants: z.boolean().default(false),
});

export type SatellitesConfig = z.output<typeof satellitesConfig>;

/** As the satellites take it, with `root` below `directory`. */
export function satelliteSettings(config: SatellitesConfig, directory: string): SatelliteSettings {
  const { root, postgresql, notebook, singleWriter, scratch, restoreDays, quotaBytes, writeGrants } = config;
  return {
    root: resolve(directory, root),
    postgresql,
    s3: config.s3 && {
      endpoint: config.s3.endpoint,
      bucket: config.s3.bucket,
      region: config.s3.region,
      accessKeyId: config.s3.accessKeyId,
      secretAccessKey: config.s3.secretAccessKey,
      stsEndpoint: config.s3.stsEndpoint,
      roleArn: config.s3.roleArn,
      sessionSeconds: config.s3.sessionSeconds,
    },
    notebook: { root: notebook.root, owners: notebook.owners, groups: notebook.groups },
    singleWriter,
    scratch: scratch.map((path) => resolve(directory, path)),
    restoreDays,
    quotaBytes: quotaBytes ?? null,
    writeGrants,
  };
}
