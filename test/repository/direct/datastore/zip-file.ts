/** Zips to read members of. */
import { execFileSync } from 'node:child_process';
import { pythonProgram } from '../../../../stack/checkout.ts';

/** A zip as Python's zipfile makes it: stock Butler's are of stored members, others may be deflated. */
export function zipOf(members: readonly (readonly [name: string, content: Buffer])[], deflated = false): Buffer {
  const script = `
import base64, io, json, sys, warnings, zipfile
warnings.simplefilter("ignore")
buffer = io.BytesIO()
request = json.load(sys.stdin)
method = zipfile.ZIP_DEFLATED if request["deflated"] else zipfile.ZIP_STORED
with zipfile.ZipFile(buffer, "w", method) as zip:
    for name, content in request["members"]:
        zip.writestr(name, base64.b64decode(content))
sys.stdout.buffer.write(buffer.getvalue())
`;
  const request = { deflated, members: members.map(([name, content]) => [name, content.toString('base64')]) };
  return execFileSync(pythonProgram('python'), ['-c', script], {
    input: JSON.stringify(request),
    maxBuffer: 1 << 26,
  });
}
