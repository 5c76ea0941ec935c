/**
 * The suites that daf_butler ships for every kind of Butler (`lsst.daf.butler.registry.tests`, `lsst.daf.butler.tests`), on its own
 * hybrid Butler: what a test writes goes to a satellite, what it reads comes through the RemoteButler face.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, StackIssuer, startGateway } from '../../stack/gateway.ts';
import { runPython } from '../../stack/run-python.ts';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { isFull } from '../sample.ts';

const SCRIPT = 'test/oracle/butler_suites.py';

const DATABASE = 'looks into the database, or asks for a registry that is one';
const TRANSACTIONS = 'RemoteButler has no transactions';
const MATERIALIZED =
  'regions of a materialized query are tested when it is materialized, so that its rows are counted where stock Butler refuses';

/** What does not pass, and why. */
const NOT_PASSED: ReadonlyMap<string, string> = new Map([
  ['RegistrySuite.testAttributeManager', DATABASE],
  ['RegistrySuite.testOpaque', DATABASE],
  ['RegistrySuite.test_temp_table_config', DATABASE],
  ['RegistrySuite.testCollectionChainPrependConcurrency', DATABASE],
  ['RegistrySuite.testCollectionChainRemoveConcurrency', DATABASE],
  ['RegistrySuite.testCollectionChainReplaceConcurrency', DATABASE],
  ['QuerySuite.test_data_coordinate_upload_force_temp_table', DATABASE],
  ['RegistrySuite.testBasicTransaction', TRANSACTIONS],
  ['RegistrySuite.testNestedTransaction', TRANSACTIONS],
  ['QuerySuite.test_materialization', MATERIALIZED],
  ['QuerySuite.test_spatial_overlaps', MATERIALIZED],
]);

const WRITES = 'goes on to tag or certify a dataset of the other satellite, which stock Butler cannot do from this one';
const REMOVES = 'removes from one satellite, or reads of it alone, what the other has too';

/** What does not pass besides where each dataset is in one of two satellites, and why. */
const NOT_PASSED_DIVIDED: ReadonlyMap<string, string> = new Map([
  ['RegistrySuite.testCalibrationCollections', WRITES],
  ['RegistrySuite.testCollectionSummaries', WRITES],
  ['RegistrySuite.testFindDataset', WRITES],
  ['RegistrySuite.testQueryResultSummaries', WRITES],
  ['RegistrySuite.testSkipCalibs', WRITES],
  ['RegistrySuite.test_collection_clearing', WRITES],
  ['RegistrySuite.test_collection_summary', WRITES],
  ['RegistrySuite.test_get_many_datasets', WRITES],
  ['QuerySuite.test_calibration_join_queries', WRITES],
  ['QuerySuite.test_general_query', WRITES],
  ['RegistrySuite.testCollections', REMOVES],
  ['RegistrySuite.testRemoveDatasetTypeSuccess', REMOVES],
  ['RegistrySuite.test_fetch_run_dataset_ids', REMOVES],
]);

let directory: string;
let gateway: Gateway;
let token: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'satellite-suites-'));
  const issuer = await StackIssuer.in(directory);
  token = await issuer.token('alice');
  gateway = await startGateway({
    directory,
    issuer,
    repositories: [{ name: 'official', kind: 'direct', path: sqliteRepository('official') }],
    configuration: {
      satellites: { root: join(directory, 'satellites') },
      state: `sqlite:${join(directory, 'state.sqlite3')}`,
    },
  });
});
afterAll(async () => {
  await gateway?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function outcomes(...options: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const args = [gateway.url, 'official', '--sample', isFull ? '1' : '6', ...options];
  const output = await runPython(SCRIPT, args, { BUTLER_RUBIN_ACCESS_TOKEN: token });
  return new Map(Object.entries(JSON.parse(output.trimEnd().split('\n').at(-1)!) as Record<string, string>));
}

const notOk = (all: ReadonlyMap<string, string>, known: ReadonlyMap<string, string>) =>
  [...all].filter(([name, outcome]) => (outcome === 'ok') === known.has(name));

test('a satellite behind the face passes them', { timeout: 1_800_000 }, async () => {
  const all = await outcomes();
  expect(all.size).toBeGreaterThan(isFull ? 90 : 10);
  expect(notOk(all, NOT_PASSED)).toEqual([]);
});

test('two satellites that are read as one pass them', { timeout: 1_800_000 }, async () => {
  const all = await outcomes('--divided');
  expect(notOk(all, new Map([...NOT_PASSED, ...NOT_PASSED_DIVIDED]))).toEqual([]);
});
