import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT, pythonProgram } from './checkout.ts';
import { type Gateway, StackIssuer, startGateway } from './gateway.ts';
import { MockGafaelfawr } from './mock-gafaelfawr.ts';
import { type Official, startOfficial } from './official.ts';
import { buildSatellite } from './satellite.ts';

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
  stop(): Promise<void>;
}

/**
 * Starts the official side (behind the mock ingress, which wants the user's own token), and a gateway over it and alice's
 * satellite.  The satellite is made once in the directory and kept; the official side is renewed.
 * @param directory where everything lives
 * @param preferredPort the gateway's port, if nobody else has it
 */
export async function startDemoWorld(directory: string, preferredPort?: number): Promise<DemoWorld> {
  await mkdir(directory, { recursive: true });
  const satellite = join(directory, 'satellite');
  if (!existsSync(satellite)) await cp(await buildSatellite(), satellite, { recursive: true });
  const issuer = await StackIssuer.in(directory);
  const token = await issuer.token('alice');
  const gafaelfawr = await MockGafaelfawr.start();
  gafaelfawr.setUser('bob', { groups: ['g_users'] });
  const platformToken = gafaelfawr.token('bob');
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
    return { official, gateway, satellite, token, platformToken, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await official.stop();
    await gafaelfawr.stop();
    throw error;
  }
}
