/** Clients of S3: whose address and credentials, and what its refusals mean. */
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { RepositoryUnavailableError, SatelliteError } from '../../../butler/errors.ts';

/** Where an S3 server is and how to sign there; what is absent comes from the environment, as in stock lsst.resources. */
export interface S3Access {
  /** `https://host:port`. Default: `S3_ENDPOINT_URL`, else Amazon's. */
  readonly endpoint?: string;
  /** Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, else us-east-1. */
  readonly region?: string;
  /** Default: `AWS_ACCESS_KEY_ID` and so on, or wherever else the AWS SDK looks for them. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

export interface S3Root {
  readonly bucket: string;
  /** Empty, or ends with `/`. */
  readonly prefix: string;
  /** Name in `s3://profile@bucket/…`, with which lsst.resources chooses one of several servers. */
  readonly profile: string | undefined;
}

/** @returns undefined where it is no `s3://` address of a bucket */
export function parseS3Root(root: string): S3Root | undefined {
  const [, profile, bucket, path = ''] = /^s3:\/\/(?:([^@/]+)@)?([^/@?#]+)(?:\/([^?#]*))?$/.exec(root) ?? [];
  if (bucket === undefined) return undefined;
  const prefix = decodeURIComponent(path).replace(/\/*$/, '/').replace(/^\/+/, '');
  return { bucket, prefix, profile };
}

/**
 * A client for one server.  Checksums are only sent where S3 demands them: others would be signed into addresses for
 * bodies that are not known yet.
 */
export function createS3Client(access: S3Access, profile?: string): S3Client {
  const { endpoint, region, credentials } = { ...accessOfEnvironment(process.env, profile), ...access };
  return new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials ? { credentials } : {}),
    region: region ?? 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 5,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
  });
}

/** Where a client's server is: `https://host:port`. */
export async function endpointOf(client: S3Client): Promise<string> {
  const configured = await client.config.endpoint?.();
  if (!configured) return `https://s3.${await client.config.region()}.amazonaws.com`;
  const { protocol, hostname, port } = configured;
  return new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`).origin;
}

/** What stock lsst.resources takes from the environment. */
function accessOfEnvironment(environment: NodeJS.ProcessEnv, profile: string | undefined): S3Access {
  const address = profile === undefined ? undefined : environment[`LSST_RESOURCES_S3_PROFILE_${profile}`];
  const text = address ?? environment['S3_ENDPOINT_URL'];
  const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  const access: S3Access = region === undefined ? {} : { region };
  if (!text || !URL.canParse(text)) return access;
  const url = new URL(text);
  const accessKeyId = decodeURIComponent(url.username);
  const secretAccessKey = decodeURIComponent(url.password);
  const endpoint = `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`;
  return { ...access, endpoint, ...(accessKeyId === '' ? {} : { credentials: { accessKeyId, secretAccessKey } }) };
}

/** Whether S3 says that there is no such object. */
export function isNoSuchKey(error: unknown): boolean {
  return error instanceof S3ServiceException && ['NoSuchKey', 'NotFound'].includes(error.name);
}

const FULL = ['QuotaExceeded', 'QuotaExceededException', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded'];

/** A failure of S3 in the user's terms; errors that are not of S3 (of the bytes' source, of an aborted signal) as they are. */
export function s3Failure(repository: string, error: unknown, signal: AbortSignal): unknown {
  if (error instanceof SatelliteError) return error;
  if (signal.aborted) return signal.reason;
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  if (error instanceof S3ServiceException && (FULL.includes(error.name) || status === 507)) {
    return new SatelliteError(
      'QUOTA_EXCEEDED',
      `There is no space left in the object store of repository '${repository}'. Remove datasets, or ask for more.`,
      { repository, cause: error },
    );
  }
  const refused = status === 403;
  return new RepositoryUnavailableError(
    repository,
    refused
      ? `The object store of repository '${repository}' refuses the gateway. Its operator must mend the credentials.`
      : `The object store of repository '${repository}' does not answer properly. Try again later.`,
    { cause: error },
  );
}
