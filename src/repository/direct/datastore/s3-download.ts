/** Reading objects of S3 to their last byte, over connections that break. */
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import type { ByteRange } from '../../rows.ts';

/** Attempts in a row that bring nothing, after which it gives up. */
const ATTEMPTS = 3;
const FIRST_DELAY_MILLISECONDS = 100;

/** An object's bytes, or a range of them. */
export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  readonly range: ByteRange | null;
}

/** One answer; the SDK itself asks again where there is none, with back-off. */
export async function getObject(
  client: S3Client,
  { bucket, key, range }: S3Object,
  signal: AbortSignal,
  etag?: string,
): Promise<GetObjectCommandOutput> {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ...(range ? { Range: `bytes=${String(range.start)}-${String(range.end)}` } : {}),
    ...(etag === undefined ? {} : { IfMatch: etag }),
  });
  return client.send(command, { abortSignal: signal });
}

/**
 * The bytes after the first answer, which says how many there are: where its body ends too early, the rest is asked for.
 * @throws the last error where that does not help either
 */
export async function* wholeBody(
  client: S3Client,
  object: S3Object,
  first: GetObjectCommandOutput,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const start = object.range?.start ?? 0;
  const end = start + (first.ContentLength ?? 0) - 1;
  let next = start;
  let answer: GetObjectCommandOutput | undefined = first;
  for (let failures = 0; next <= end;) {
    let cause: unknown = new Error('the body ended too early');
    try {
      answer ??= await getObject(client, { ...object, range: { start: next, end } }, signal, first.ETag);
      for await (const chunk of answer.Body as AsyncIterable<Uint8Array>) {
        failures = 0;
        const wanted = chunk.subarray(0, end + 1 - next);
        next += wanted.length;
        yield wanted;
      }
    } catch (error) {
      cause = error;
    }
    if (next > end) return;
    signal.throwIfAborted();
    answer = undefined;
    failures += 1;
    if (failures === ATTEMPTS) throw cause;
    await delay(FIRST_DELAY_MILLISECONDS * 2 ** failures * Math.random(), undefined, { signal });
  }
}
