/** What the configuration's section `satellites` says; docs/configuration.md has a row for each key. */

export interface SatelliteSettings {
  /** Absolute path of the directory that holds the satellites: their files, and the databases of SQLite ones. */
  readonly root: string;
  /** Of a user who may make schemas and roles; undefined: there are no PostgreSQL satellites. */
  readonly postgresql: string | undefined;
  /** Undefined: there are no satellites in object storage. */
  readonly s3: ObjectStorageSettings | undefined;
  readonly notebook: {
    /** Where users find `root`; undefined: where the gateway does. */
    readonly root: string | undefined;
    /**
     * Whose files they are, by user name.  A user who is not there gets the owner of `{root}/{user name}`, where that
     * directory exists already, else the files belong to the gateway's own user.
     */
    readonly owners: Readonly<Record<string, FileOwner>>;
    /** The gid of a group, by name: satellites of a group can be written by its members. */
    readonly groups: Readonly<Record<string, number>>;
  };
  /**
   * Where one process at a time writes to an SQLite satellite, whatever the locks say: `detect`, on network file systems;
   * `always`, everywhere.
   */
  readonly singleWriter: 'detect' | 'always';
  /** Directories whose files are removed from time to time: satellites below them carry a warning. */
  readonly scratch: readonly string[];
  /** Days in which a satellite can be brought back. */
  readonly restoreDays: number;
  /** For satellites that are made without one; null: none. */
  readonly quotaBytes: number | null;
  /** Whether owners may let others write to their satellites. */
  readonly writeGrants: boolean;
}

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface ObjectStorageSettings {
  /** Undefined: Amazon's own. */
  readonly endpoint: string | undefined;
  readonly bucket: string;
  readonly region: string;
  /** Undefined: from where the AWS SDK takes them (environment, files, the machine's role). */
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
  /** Who gives temporary credentials; undefined: `endpoint`, or Amazon's own. */
  readonly stsEndpoint: string | undefined;
  /** Role that the temporary credentials are of, as Amazon needs it; undefined: the gateway's own rights, narrowed. */
  readonly roleArn: string | undefined;
  /** How long temporary credentials are good, in seconds. */
  readonly sessionSeconds: number;
}
