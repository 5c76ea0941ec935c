/** Long texts between the steps of a job. */
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';

const deflate = promisify(deflateRaw);
const inflate = promisify<Buffer, Buffer>(inflateRaw);

export async function compressed(text: string): Promise<string> {
  return (await deflate(text, { level: 1 })).toString('base64');
}

export async function decompressed(written: string): Promise<string> {
  return (await inflate(Buffer.from(written, 'base64'))).toString();
}
