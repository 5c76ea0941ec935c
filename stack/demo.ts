/** `npm run demo [-- DIRECTORY]`: the whole stack on this machine, until Ctrl-C. */
import { readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { STACK_DIRECTORY } from './checkout.ts';
import { startDemoWorld } from './demo-world.ts';

const QUERY =
  '{ datasets(datasetTypes: ["calexp_metrics"], collections: ["u/alice/defaults", "HSC/defaults"], first: 3)' +
  ' { totalCount nodes { repository { name } run dataId } } }';

// Ctrl-C reaches us alone: everything that we started ends when we do, however early that is.
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});
void interrupted.then(() => {
  // the second time is for the impatient
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
});

const directory = process.argv[2] ?? join(STACK_DIRECTORY, 'demo');
claim(directory);
console.log('Starting (the first time, the official repository and the satellite are made: about half a minute) …');
const starting = startDemoWorld(directory, 8080);
const world = await Promise.race([starting, interrupted]);
if (world === undefined) process.exit(130);

const { gateway, official, satellite, token, platformToken, curatorToken } = world;
const body = JSON.stringify({ query: QUERY });
console.log(`
GraphiQL        ${gateway.url}/   (signed in as alice, with example queries in its tabs)
Token of alice  ${token}
Token of bob    ${platformToken}   (as the platform gives them; by a mock of Gafaelfawr)
Token of carol  ${curatorToken}   (a curator, who reviews what is to be published)

Try it:
  curl -s ${gateway.url}/graphql -H 'Content-Type: application/json' \\
    -H 'Authorization: Bearer ${token}' \\
    -d '${body}'

Behind it:
  the official repository dp1   ${official.url}   (the stock Butler server, its files in S3)
  alice's satellite             ${satellite}   (open it with stock Python's Butler, too)

A pipeline over official data, as alice (whose code may do here all that you may), with results in a satellite of hers:
  export SATELLITE_URL=${gateway.url} SATELLITE_TOKEN=${token}
  npx satellite create first --from dp1 --instrument HSC
  npx satellite run create first --pipeline bright_sources.yaml --input HSC/defaults --output u/alice/bright \\
    --where "instrument = 'HSC' AND skymap = 'discrete/ci_hsc'"
  npx satellite run go ID            (the ID that this printed)

Published for bob, after a review by carol ("Publish" in README.md goes on from here):
  export BOB_TOKEN=${platformToken} CAROL_TOKEN=${curatorToken}
  npx satellite publish submit first u/alice/bright --title "Bright sources" --reader bob

In a notebook, with these variables: examples/first-query.ipynb, examples/run.ipynb for a run, examples/publish.ipynb for a
publication ("From a notebook" in README.md says what to install).
Ctrl-C ends everything.`);

const parts = [gateway.process, official.server.process, official.s3.process];
const failed = await Promise.race([
  interrupted,
  ...parts.map(async (part) => {
    await part.whenEnded;
    return part;
  }),
]);
if (failed) console.error(`\n${failed.name} ended by itself; its log is ${failed.log}`);
else console.log('\nStopping …');
await world.stop();
process.exit(failed ? 1 : 0);

/** Makes the directory ours until we end; two demos in one directory would pull the files from under each other. */
function claim(path: string): void {
  const claimed = join(path, 'demo.pid');
  mkdirSync(path, { recursive: true });
  const holder = Number(readFileSync(claimed, { encoding: 'utf8', flag: 'a+' }));
  if (holder !== 0 && isAlive(holder)) {
    console.error(`The demo is running already (process ${holder}).`);
    process.exit(1);
  }
  writeFileSync(claimed, String(process.pid));
  process.on('exit', () => rmSync(claimed, { force: true }));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
