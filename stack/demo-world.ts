import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRepository } from '../src/repository/direct/create.ts';
import { openDirectRepository } from '../src/repository/direct/open.ts';
import { CHECKOUT, pythonProgram } from './checkout.ts';
import { type Gateway, StackIssuer, startGateway } from './gateway.ts';
import { MockGafaelfawr } from './mock-gafaelfawr.ts';
import { type Official, startOfficial } from './official.ts';
import { buildSatellite } from './satellite.ts';

/** The group whose members review publications. */
const CURATORS = 'g_curators';

/** Everything that the demo shows, running; the tests of whole journeys (notebook, browser) use it too. */
export interface DemoWorld extends AsyncDisposable {
  readonly official: Official;
  readonly gateway: Gateway;
  /** The root of alice's satellite, for stock Python. */
  readonly satellite: string;
  /** A token of the user alice. */
  readonly token: string;
  /** A token of Gafaelfawr's (a mock) of the user bob. */
  readonly platformToken: string;
  /** The same of the user carol, a curator: she reviews what is to be published. */
  readonly curatorToken: string;
  stop(): Promise<void>;
}

/**
 * Starts the official side (behind the mock ingress, which wants the user's own token), and a gateway over it, alice's
 * satellite and a published repository.  These two are made once in the directory and kept; the official side is renewed.
 * @param directory where everything lives
 * @param preferredPort the gateway's port, if nobody else has it
 */
export async function startDemoWorld(directory: string, preferredPort?: number): Promise<DemoWorld> {
  await mkdir(directory, { recursive: true });
  const satellite = join(directory, 'satellite');
  if (!existsSync(satellite)) await cp(await buildSatellite(), satellite, { recursive: true });
  const published = join(directory, 'published');
  if (!existsSync(published)) await makePublished(published, satellite);
  const issuer = await StackIssuer.in(directory);
  const token = await issuer.token('alice');
  const gafaelfawr = await MockGafaelfawr.start();
  gafaelfawr.setUser('bob', { groups: ['g_users'] });
  gafaelfawr.setUser('carol', { groups: ['g_users', CURATORS] });
  const [platformToken, curatorToken] = [gafaelfawr.token('bob'), gafaelfawr.token('carol')];
  const ingress = { ...issuer, gafaelfawr: gafaelfawr.url };
  const official = await startOfficial(join(directory, 'official'), ingress).catch(async (error: unknown) => {
    await gafaelfawr.stop();
    throw error;
  });
  try {
    const gateway = await startGateway({
      directory,
      issuer,
      gafaelfawr: gafaelfawr.url,
      repositories: [
        { name: 'alice', kind: 'direct', path: satellite, owner: 'alice' },
        {
          name: 'dp1',
          kind: 'remote',
          url: official.url,
          token: 'forward',
          serviceToken: await issuer.token('gateway'),
        },
        // Its stock clients come through the gateway, which no server is behind that would have to be started again.
        {
          ...{ name: 'published', kind: 'direct', path: published, role: 'published' },
          ...{ reviewers: { groups: [CURATORS] }, restart: 'none' },
        },
      ],
      configuration: {
        graphiql: { token },
        state: `sqlite:${join(directory, 'state.sqlite3')}`,
        satellites: { root: join(directory, 'satellites') },
        python: { executable: pythonProgram('python'), path: [join(CHECKOUT, 'examples')] },
        // Who starts the demo is alice there.
        runs: { executeAs: 'self', user: 'alice' },
      },
      ...(preferredPort !== undefined && { preferredPort }),
    });
    const stop = async (): Promise<void> => {
      await gateway.stop();
      await official.stop();
      await gafaelfawr.stop();
    };
    const tokens = { token, platformToken, curatorToken };
    return { official, gateway, satellite, ...tokens, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await official.stop();
    await gafaelfawr.stop();
    throw error;
  }
}

/** Makes an empty repository with the dimension universe of another one. */
async function makePublished(directory: string, like: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const model = await openDirectRepository({ name: 'model', path: like });
  const universe = await model.universe();
  await model.close();
  await createRepository({ name: 'published', directory, universe, database: { dialect: 'sqlite' }, signal });
}
