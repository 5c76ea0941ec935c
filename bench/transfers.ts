/** How long transfers by reference take, beside stock `transfer_from(…, transfer="unsafe_direct")` from the same server. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { STACK_DIRECTORY } from '../stack/checkout.ts';
import { startRemoteButler } from '../stack/remote-butler.ts';
import { runPython } from '../stack/run-python.ts';
import { RemoteRepository } from '../src/repository/remote/remote-repository.ts';
import { TransferWorld } from '../test/transfer/transfer-world.ts';
import { compare, type Measure } from './ratio.ts';
import { withRecordedFiles } from './recorded-files.ts';

const COLLECTIONS = ['SimCam/defaults'];
/** 100 visits of 100 detectors. */
const TEN_THOUSAND = { datasetTypes: ['sim_source'], where: "instrument = 'SimCam' AND visit < 100100" };
const HUNDRED_THOUSAND = { datasetTypes: ['sim_calexp', 'sim_source'] };

/** @param scaled root of the large repository */
export async function transfers(scaled: string): Promise<Measure[]> {
  const directory = join(STACK_DIRECTORY, 'bench', 'transfers');
  const root = await withRecordedFiles(scaled, join(directory, 'scaled'));
  await using server = await startRemoteButler({ repositories: { scaled: root }, directory });
  const url = `${server.url}/scaled`;
  const source = new RemoteRepository({ name: 'scaled', url, token: { fixed: undefined } });
  const ours =
    (search: { readonly datasetTypes: readonly string[]; readonly where?: string }, expected: number) =>
    async (): Promise<number> => {
      await using world = await TransferWorld.over([source]);
      const begin = performance.now();
      const { datasets } = await world.transfer({ search: { ...search, collections: COLLECTIONS, findFirst: true } });
      if (datasets !== expected) throw new Error(`expected ${expected} datasets, not ${datasets}`);
      return performance.now() - begin;
    };
  const stock = async (): Promise<number> => {
    const target = join(directory, 'stock');
    await rm(target, { recursive: true, force: true });
    const selection = JSON.stringify([['sim_source', COLLECTIONS, TEN_THOUSAND.where]]);
    const args = ['transfer', url, target, 'unsafe_direct', selection];
    return Number(await runPython('test/oracle/stock_transfer.py', args, { BUTLER_RUBIN_ACCESS_TOKEN: 'none' })) * 1000;
  };
  try {
    const ten = await compare(
      { name: '(g) 10 000 references to transfer_from(unsafe_direct)', unit: 'ms', rounds: 3, bound: { atMost: 0.2 } },
      ours(TEN_THOUSAND, 10_000),
      stock,
    );
    const hundred = await ours(HUNDRED_THOUSAND, 100_000)();
    // Linear: ten times as many take about ten times as long.
    const linear = { name: '(g) 100 000 references to ten times 10 000', unit: 'ms', bound: { atMost: 1.5 } } as const;
    return [ten, { ...linear, ours: hundred, peer: ten.ours * 10, ratio: hundred / (ten.ours * 10) }];
  } finally {
    await source.close();
  }
}
