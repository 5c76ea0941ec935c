/**
 * Satellites' parts of the configured bucket.  A satellite has a prefix of its own; its owner gets temporary credentials
 * that the storage itself confines to it: AssumeRole of STS with a session policy, which Amazon's S3 has, and SeaweedFS too
 * (there without a role: the gateway's own rights, narrowed).
 */
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { RepositoryUnavailableError } from '../butler/errors.ts';
import { createS3Client, type S3Access } from '../repository/direct/datastore/s3-client.ts';
import { prefixOf } from './placement.ts';
import type { SatelliteRecord } from './satellite.ts';
import type { ObjectStorageSettings } from './settings.ts';

type Placed = Pick<SatelliteRecord, 'id'>;

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Date;
}

export class ObjectStorage {
  /** How the gateway itself reaches the bucket. */
  readonly access: S3Access;
  readonly #settings: ObjectStorageSettings;
  readonly #client: S3Client;
  readonly #sts: STSClient;

  constructor(settings: ObjectStorageSettings) {
    const { endpoint, region, accessKeyId, secretAccessKey, stsEndpoint = endpoint } = settings;
    const credentials =
      accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
    this.#settings = settings;
    this.access = { region, ...(endpoint !== undefined && { endpoint }), ...(credentials && { credentials }) };
    this.#client = createS3Client(this.access);
    this.#sts = new STSClient({
      region,
      ...(stsEndpoint !== undefined && { endpoint: stsEndpoint }),
      ...(credentials && { credentials }),
    });
  }

  /** The datastore's root, as `butler.yaml` has it. */
  rootOf(satellite: Placed): string {
    return `s3://${this.#settings.bucket}/${prefixOf(satellite)}`;
  }

  /**
   * Credentials that can read, write, list and delete below the satellite's prefix and nothing else.
   * @throws RepositoryUnavailableError where the storage gives none
   */
  async issue(satellite: Placed): Promise<TemporaryCredentials> {
    const { roleArn, sessionSeconds } = this.#settings;
    const request = new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: `satellite-${satellite.id}`,
      DurationSeconds: sessionSeconds,
      Policy: JSON.stringify(policyFor(this.#settings.bucket, prefixOf(satellite))),
    });
    try {
      const { Credentials: given } = await this.#sts.send(request);
      return {
        accessKeyId: given!.AccessKeyId!,
        secretAccessKey: given!.SecretAccessKey!,
        sessionToken: given!.SessionToken!,
        expiresAt: given!.Expiration!,
      };
    } catch (cause) {
      throw new RepositoryUnavailableError(
        'satellites',
        'The object storage for satellites gives no temporary credentials now: try again later, or tell the operators.',
        { cause },
      );
    }
  }

  /** Environment of a process that is to use the credentials, for boto3 and lsst.resources. */
  environmentOf(credentials: TemporaryCredentials): Readonly<Record<string, string>> {
    const { endpoint, region } = this.#settings;
    return {
      ...(endpoint !== undefined && { S3_ENDPOINT_URL: endpoint }),
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      AWS_CREDENTIAL_EXPIRATION: credentials.expiresAt.toISOString(),
    };
  }

  /** Removes all objects of a satellite, and what of others has been uploaded so far. */
  async remove(satellite: Placed): Promise<void> {
    const where = { Bucket: this.#settings.bucket, Prefix: prefixOf(satellite) };
    try {
      await this.#abortUploads(where);
      for (;;) {
        const { Contents: found = [] } = await this.#client.send(new ListObjectsV2Command(where));
        if (found.length === 0) return;
        const Delete = { Objects: found.map(({ Key }) => ({ Key })), Quiet: true };
        const { Errors: errors = [] } = await this.#client.send(
          new DeleteObjectsCommand({ Bucket: where.Bucket, Delete }),
        );
        if (errors.length > 0) throw new Error(`${errors.length} objects were not removed: ${errors[0]!.Code}`);
      }
    } catch (cause) {
      throw new RepositoryUnavailableError('satellites', 'The object storage for satellites cannot be reached.', {
        cause,
      });
    }
  }

  async #abortUploads(where: { readonly Bucket: string; readonly Prefix: string }): Promise<void> {
    for (;;) {
      const { Uploads: found = [] } = await this.#client.send(new ListMultipartUploadsCommand(where));
      if (found.length === 0) return;
      for (const { Key, UploadId } of found) {
        await this.#client.send(new AbortMultipartUploadCommand({ Bucket: where.Bucket, Key, UploadId }));
      }
    }
  }

  close(): void {
    this.#client.destroy();
    this.#sts.destroy();
  }
}

function policyFor(bucket: string, prefix: string): unknown {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: [
          's3:GetObject',
          's3:PutObject',
          's3:DeleteObject',
          's3:AbortMultipartUpload',
          's3:ListMultipartUploadParts',
        ],
        Resource: [`arn:aws:s3:::${bucket}/${prefix}*`],
      },
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket'],
        Resource: [`arn:aws:s3:::${bucket}`],
        Condition: { StringLike: { 's3:prefix': [`${prefix}*`] } },
      },
    ],
  };
}
