/**
 * What runs are made in: an official repository with files in S3, behind the stock server, which signs addresses for five
 * seconds, and a gateway over it with a satellite of alice's.
 */
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedBuild } from '../../stack/cached-build.ts';
import { CHECKOUT, pythonProgram } from '../../stack/checkout.ts';
import { StackIssuer, startGateway, type Gateway } from '../../stack/gateway.ts';
import { startRemoteButler } from '../../stack/remote-butler.ts';
import { startS3 } from '../../stack/s3.ts';
import type { FileRecord } from '../../src/repository/rows.ts';
import { attachRecords } from '../../src/run/attach.ts';
import { buildGraph, type BuildSpec } from '../../src/run/build/build-graph.ts';
import type { ExecuteRequest } from '../../src/run/execute/execute-graph.ts';
import type { WorkPlace } from '../../src/run/worker/place.ts';
import type { GatewayRelay } from '../../src/run/worker/relay.ts';
import { makeRepository, makeSatellite } from '../graphs/graph-world.ts';

const BUCKET = 'official';
/** Where `minipipe` is imported from. */
export const GRAPHS = join(CHECKOUT, 'test', 'graphs');

/** With `minipipe`, whose tasks are on its path. */
export const PYTHON = { executable: pythonProgram('python'), path: [GRAPHS] };

/** A stock datastore's name. */
export const DATASTORE = 'FileDatastore@<butlerRoot>';

export const PIPELINE = join(GRAPHS, 'pipeline.yaml');

/** Quanta by task of `EVERYTHING`. */
export const QUANTA = { calibrate: 36, makeWarp: 25, coadd: 23 };

/** All of the official repository: 84 quanta. */
export const EVERYTHING: BuildSpec = {
  pipeline: { path: PIPELINE },
  configuration: [],
  repositories: ['alice~work', 'dp1'],
  inputs: ['Mini/defaults'],
  output: 'u/alice/out',
  outputRun: 'u/alice/out/20260101T000000Z',
  where: "skymap = 'mini_sky'",
  bind: null,
  dataIds: null,
  skipExistingIn: [],
  extend: false,
  constrainBy: null,
};

export interface RunWorld extends AsyncDisposable {
  readonly gateway: Gateway;
  /** What `Butler(...)` takes to open the satellite; also its root. */
  readonly satellite: string;
  readonly token: () => Promise<string>;
  readonly directory: string;
  /** Builds a graph in a run's directory, and attaches the records of its inputs. @returns the file */
  graph(directory: string, spec?: Partial<BuildSpec>, place?: WorkPlace): Promise<string>;
  /** What executes it there. */
  execution(directory: string, graph: string): ExecuteRequest;
}

/** @param directory that goes to the world; what is in it is replaced */
export async function startRunWorld(directory: string): Promise<RunWorld> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const built = await cachedBuild('runs', ['test/graphs/make_repository.py'], async (building) => {
    await using s3 = await startS3(join(building, 's3'), [BUCKET]);
    const size = { visits: 4, detectors: 9, tracts: 2, patches: 3 };
    await makeRepository(join(building, 'repository'), size, ['--files', `s3://${BUCKET}/dp1`], s3.environment);
  });
  await cp(built, directory, { recursive: true });
  await using parts = new AsyncDisposableStack();
  const s3 = parts.use(await startS3(join(directory, 's3'), [BUCKET]));
  const repositories = { dp1: join(directory, 'repository') };
  const server = parts.use(
    await startRemoteButler({ repositories, directory, environment: s3.environment, signedSeconds: 5 }),
  );
  const issuer = await StackIssuer.in(directory);
  const alice = await issuer.token('alice');
  const gateway = parts.use(
    await startGateway({
      directory,
      issuer,
      repositories: [{ name: 'dp1', kind: 'remote', url: `${server.url}/dp1`, token: 'forward' }],
      configuration: {
        state: `sqlite:${join(directory, 'state.sqlite3')}`,
        satellites: { root: join(directory, 'satellites') },
      },
      environment: { NODE_ENV: 'production' },
    }),
  );
  const satellite = await makeSatellite(gateway.url, alice);
  const owned = parts.move();
  const token = () => Promise.resolve(alice);
  const asking = { python: PYTHON, place: { kind: 'self' }, gateway: gateway.url, token, buildSeconds: 600 } as const;
  return {
    gateway,
    satellite,
    token,
    directory,
    async graph(into, changes = {}, place = { kind: 'self' }) {
      const spec = { ...EVERYTHING, ...changes };
      const { graph } = await buildGraph(
        { ...asking, place, spec, directory: into },
        AbortSignal.timeout(300_000),
        () => undefined,
      );
      const face = `${gateway.url}/api/butler/repo/${spec.repositories.join('+')}`;
      await attachRecords({ graph: graph!, into: graph!, datastore: DATASTORE, files: filesThrough(face, alice) });
      return graph!;
    },
    execution: (into, graph) => ({
      ...asking,
      directory: into,
      graph,
      butlerConfig: satellite,
      outputs: null,
      workers: 2,
      memoryBytes: null,
      quantumSeconds: 600,
      retries: 0,
      environment: {},
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Copies a graph with its inputs at a relay: so stock programs read them, which send no token over plain HTTP. */
export async function attachedThrough(
  { gateway, token }: Pick<RunWorld, 'gateway' | 'token'>,
  relay: GatewayRelay,
  graph: string,
  into: string,
): Promise<void> {
  const face = filesThrough(`${gateway.url}/api/butler/repo/alice~work+dp1`, await token());
  const files = async (uuids: readonly string[]) =>
    new Map(
      [...(await face(uuids))].map(([uuid, of]) => [
        uuid,
        of.map((file) => ({ ...file, path: file.path.replace(gateway.url, relay.address) })),
      ]),
    );
  await attachRecords({ graph, into, datastore: DATASTORE, files });
}

/** Files as the face gives them: at permanent addresses. */
export function filesThrough(face: string, token: string) {
  return async (uuids: readonly string[]): Promise<ReadonlyMap<string, readonly FileRecord[]>> => {
    const answer = await fetch(`${face}/v1/file_transfer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ dataset_ids: uuids }),
    });
    const { files } = (await answer.json()) as { files: Record<string, Transferred[]> };
    return new Map(
      Object.entries(files).map(([uuid, of]) => [
        uuid,
        of.map(({ url, file_info: info }) => ({
          fileName: 'file',
          path: url,
          size: info.file_size,
          checksum: info.checksum,
          formatter: info.formatter,
          storageClass: info.storage_class,
          component: info.component,
        })),
      ]),
    );
  };
}

interface Transferred {
  readonly url: string;
  readonly file_info: {
    readonly formatter: string;
    readonly storage_class: string;
    readonly component: string | null;
    readonly checksum: string | null;
    readonly file_size: number;
  };
}
