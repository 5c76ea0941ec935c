/** An `ArtifactStore` below a prefix of an S3 bucket: keys are the prefix and the path, as lsst.resources has them. */
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { SatelliteError } from '../../../butler/errors.ts';
import type { ByteRange, FileSource } from '../../rows.ts';
import { artifactPath, isArtifact } from './artifact-path.ts';
import type {
  ArtifactContent,
  ArtifactStore,
  SignedUpload,
  ListedArtifact,
  StoredArtifact,
  UnfinishedArtifact,
} from './artifact-store.ts';
import { noSuchArtifact } from './file-store.ts';
import { Measured, measuredContent } from './measured.ts';
import { createS3Client, endpointOf, isNoSuchKey, parseS3Root, s3Failure, type S3Access } from './s3-client.ts';
import { getObject, wholeBody } from './s3-download.ts';
import type { ListedObjects } from './s3-listing.ts';
import { escaped, S3Requests } from './s3-requests.ts';

/** How long a signed address is good for. */
const SIGNED_SECONDS = 600;
/** Parts of a large upload: each is kept until it has arrived, and sent again where it has not. */
const PART_BYTES = 8 << 20;
const MAX_PARTS = 10_000;
const MAX_KEYS_OF_DELETE = 1000;

interface S3Server {
  /** `https://host:port` */
  readonly origin: string;
  readonly requests: S3Requests;
}

export class S3ArtifactStore implements ArtifactStore {
  readonly root: string;
  readonly #repository: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: S3Client;
  #server: Promise<S3Server> | undefined;

  /**
   * @param root `s3://bucket/prefix/`
   * @throws SatelliteError BAD_USER_INPUT where it is no such address
   */
  constructor(repository: string, root: string, access: S3Access = {}) {
    const parsed = parseS3Root(root);
    if (!parsed)
      throw new SatelliteError('BAD_USER_INPUT', `'${root}' is no address of a bucket (s3://bucket/prefix/).`);
    this.#repository = repository;
    this.root = root;
    this.#bucket = parsed.bucket;
    this.#prefix = parsed.prefix;
    this.#client = createS3Client(access, parsed.profile);
  }

  async stat(path: string, signal: AbortSignal): Promise<StoredArtifact | null> {
    const normal = artifactPath(path).path;
    const command = new HeadObjectCommand(this.#object(normal));
    try {
      const { requests } = await this.#atServer();
      const size = await requests.size(this.#pathAtServer(normal), signal);
      if (size !== undefined) return size === null ? null : { path: normal, size };
      const { ContentLength } = await this.#client.send(command, { abortSignal: signal });
      return { path: normal, size: ContentLength ?? 0 };
    } catch (error) {
      if (isNoSuchKey(error)) return null;
      throw s3Failure(this.#repository, error, signal);
    }
  }

  async read(path: string, range: ByteRange | null, signal: AbortSignal): Promise<Readable> {
    const normal = artifactPath(path).path;
    const object = { bucket: this.#bucket, key: this.#prefix + normal, range };
    try {
      const first = await getObject(this.#client, object, signal);
      const bytes = wholeBody(this.#client, object, first, signal);
      return Readable.from(this.#explained(bytes, signal), { objectMode: false });
    } catch (error) {
      throw isNoSuchKey(error) ? noSuchArtifact(normal) : s3Failure(this.#repository, error, signal);
    }
  }

  async write(
    path: string,
    bytes: AsyncIterable<Uint8Array>,
    expected: Partial<ArtifactContent>,
    signal: AbortSignal,
  ): Promise<StoredArtifact> {
    const normal = artifactPath(path).path;
    const measured = new Measured(normal, expected);
    // Bytes that are not those expected end the body with an error, and what was sent of it is given up.
    const upload = new Upload({
      client: this.#client,
      params: { ...this.#object(normal), Body: Readable.from(measured.pass(bytes, signal), { objectMode: false }) },
      partSize: Math.max(PART_BYTES, Math.ceil((expected.size ?? 0) / MAX_PARTS)),
      queueSize: 2,
      leavePartsOnError: false,
    });
    const abort = () => void upload.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      await upload.done();
      return { path: normal, size: measured.size };
    } catch (error) {
      throw measured.failedWith(error) ? error : s3Failure(this.#repository, error, signal);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async address(path: string): Promise<string> {
    const { origin } = await this.#atServer();
    return origin + this.#pathAtServer(path);
  }

  async measure(path: string, signal: AbortSignal): Promise<ArtifactContent> {
    const { requests } = await this.#atServer();
    return (
      (await requests.measure(this.#pathAtServer(path), signal)) ??
      (await measuredContent(await this.read(path, null, signal)))
    );
  }

  async copyWithin(url: string, path: string, signal: AbortSignal): Promise<boolean> {
    const { origin, pathname } = new URL(url);
    const server = await this.#atServer();
    if (origin !== server.origin) return false;
    if (await server.requests.copy(pathname, this.#pathAtServer(path), signal)) return true;
    // As `createS3Client` has addresses: the bucket, then the key, with escapes, which is what the header is to hold.
    const command = new CopyObjectCommand({ ...this.#object(artifactPath(path).path), CopySource: pathname.slice(1) });
    try {
      await this.#client.send(command, { abortSignal: signal });
      return true;
    } catch (error) {
      // Too large, not to be read by this user, or gone meanwhile: who reads it themselves learns what is the matter.
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      if (status !== undefined && status >= 400 && status < 500 && status !== 429) return false;
      throw s3Failure(this.#repository, error, signal);
    }
  }

  async remove(paths: readonly string[], signal: AbortSignal): Promise<void> {
    const keys = paths.map((path) => ({ Key: this.#prefix + artifactPath(path).path }));
    try {
      for (let i = 0; i < keys.length; i += MAX_KEYS_OF_DELETE) {
        const command = new DeleteObjectsCommand({
          Bucket: this.#bucket,
          Delete: { Objects: keys.slice(i, i + MAX_KEYS_OF_DELETE), Quiet: true },
        });
        const { Errors: errors = [] } = await this.#client.send(command, { abortSignal: signal });
        const failed = errors.find(({ Code }) => Code !== 'NoSuchKey');
        if (failed) throw new Error(`an object was not deleted: ${failed.Code ?? 'no reason given'}`);
      }
    } catch (error) {
      throw s3Failure(this.#repository, error, signal);
    }
  }

  async *list(directory: string, signal: AbortSignal): AsyncGenerator<ListedArtifact> {
    const { Prefix: prefix } = this.#below(directory);
    try {
      const { requests } = await this.#atServer();
      let after: string | undefined;
      do {
        const page =
          (await requests.list(this.#bucket, prefix, after, signal)) ?? (await this.#listed(prefix, after, signal));
        for (const { key, size, modified } of page.objects) {
          const path = key.slice(this.#prefix.length);
          // A key that ends with a slash stands for a directory.
          if (!path.endsWith('/') && isArtifact(path)) yield { path, size, modified };
        }
        after = page.next;
      } while (after !== undefined);
    } catch (error) {
      throw s3Failure(this.#repository, error, signal);
    }
  }

  async *unfinished(before: Date, signal: AbortSignal, directory = ''): AsyncGenerator<UnfinishedArtifact> {
    const place = this.#below(directory);
    let next: { readonly KeyMarker?: string | undefined; readonly UploadIdMarker?: string | undefined } | undefined =
      {};
    try {
      while (next) {
        const listed: ListMultipartUploadsCommandOutput = await this.#client.send(
          new ListMultipartUploadsCommand({ ...place, ...next }),
          { abortSignal: signal },
        );
        for (const { Key, UploadId, Initiated } of listed.Uploads ?? []) {
          if (Initiated === undefined || Initiated >= before) continue;
          const command = new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId });
          const remove = async () => {
            await this.#client.send(command, { abortSignal: signal });
          };
          yield { path: Key!.slice(this.#prefix.length), remove };
        }
        const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = listed;
        next = IsTruncated ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker } : undefined;
      }
    } catch (error) {
      throw s3Failure(this.#repository, error, signal);
    }
  }

  async source(path: string, signal: AbortSignal): Promise<FileSource | null> {
    const stored = await this.stat(path, signal);
    if (!stored) return null;
    const command = new GetObjectCommand(this.#object(stored.path));
    const url = await getSignedUrl(this.#client, command, { expiresIn: SIGNED_SECONDS });
    return { kind: 'url', url, size: stored.size };
  }

  async signedUpload(path: string, { size, sha256 }: ArtifactContent): Promise<SignedUpload> {
    const checksum = Buffer.from(sha256, 'hex').toString('base64');
    const command = new PutObjectCommand({
      ...this.#object(artifactPath(path).path),
      ContentLength: size,
      ChecksumSHA256: checksum,
    });
    const url = await getSignedUrl(this.#client, command, {
      expiresIn: SIGNED_SECONDS,
      signableHeaders: new Set(['content-length', 'host']),
      unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
    });
    const headers = { 'content-length': String(size), 'x-amz-checksum-sha256': checksum };
    return { url, headers, seconds: SIGNED_SECONDS };
  }

  #atServer(): Promise<S3Server> {
    this.#server ??= endpointOf(this.#client).then((origin) => ({
      origin,
      requests: new S3Requests(this.#client, origin),
    }));
    return this.#server;
  }

  /** With escapes, as it is signed. */
  #pathAtServer(path: string): string {
    const names = `${this.#prefix}${artifactPath(path).path}`.split('/');
    return ['', this.#bucket, ...names.map(escaped)].join('/');
  }

  #object(path: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + path };
  }

  /** @param directory '' for all */
  #below(directory: string): { readonly Bucket: string; readonly Prefix: string } {
    const below = directory === '' ? '' : `${artifactPath(directory.replace(/\/$/, '')).path}/`;
    return { Bucket: this.#bucket, Prefix: this.#prefix + below };
  }

  async #listed(prefix: string, after: string | undefined, signal: AbortSignal): Promise<ListedObjects> {
    const command = new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ContinuationToken: after });
    const { Contents: contents = [], NextContinuationToken: next } = await this.#client.send(command, {
      abortSignal: signal,
    });
    const objects = contents.map(({ Key, Size, LastModified }) => {
      return { key: Key!, size: Size ?? 0, modified: LastModified! };
    });
    return { objects, next };
  }

  async *#explained(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes;
    } catch (error) {
      throw s3Failure(this.#repository, error, signal);
    }
  }
}
