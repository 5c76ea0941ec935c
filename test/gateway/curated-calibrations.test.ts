/** A satellite that is made with curated calibrations has what stock Python wrote of them into the official repository. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sqliteRepository } from '../fixtures/repositories.ts';
import { runGateway, type RunningGateway } from './running-gateway.ts';

const OFFICIAL = sqliteRepository('official');
let gateway: RunningGateway;

beforeAll(async () => {
  gateway = await runGateway({
    yaml: `
satellites: {root: ./satellites}
repositories:
  - {name: dp1, kind: direct, path: ${JSON.stringify(OFFICIAL)}}`,
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** What a registry holds of the calibrations below a chain, without the numbers that each registry gives its rows. */
function calibrationsOf(directory: string) {
  const database = new Database(join(directory, 'gen3.sqlite3'), { readonly: true });
  const all = (statement: string) => database.prepare(statement).raw().safeIntegers().all() as unknown[][];
  const tables = all(`SELECT DISTINCT calibration_association_table FROM dataset_type
    WHERE calibration_association_table IS NOT NULL ORDER BY 1`).map(([name]) => String(name));
  const ranges = tables.flatMap((table) =>
    all(`SELECT t.name, d.id, r.name, c.name, v.timespan_begin, v.timespan_end FROM "${table}" AS v
      JOIN dataset AS d ON d.id = v.dataset_id JOIN dataset_type AS t ON t.id = v.dataset_type_id
      JOIN collection AS r ON r.collection_id = d.run_id JOIN collection AS c ON c.collection_id = v.collection_id`),
  );
  const below = `WITH RECURSIVE below(id) AS (SELECT collection_id FROM collection WHERE name = 'LSSTCam/calib'
    UNION SELECT child FROM collection_chain JOIN below ON parent = id)`;
  const chains = all(`${below} SELECT p.name, c.name, c.type FROM collection_chain AS h
    JOIN collection AS p ON p.collection_id = h.parent JOIN collection AS c ON c.collection_id = h.child
    WHERE h.parent IN (SELECT id FROM below) ORDER BY p.name, h.position`);
  const instruments = all(`SELECT * FROM instrument WHERE name = 'LSSTCam'`);
  const detectors = all(`SELECT * FROM detector WHERE instrument = 'LSSTCam' ORDER BY id`);
  database.close();
  const texts = ranges.map((row) => row.map(String).join(' ')).sort();
  return { ranges: texts, chains, instruments, detectors };
}

test('curated calibrations come with their validity ranges, chains, runs and records', async () => {
  const input = { name: 'mine', official: 'dp1', instruments: ['LSSTCam'], curatedCalibrations: ['LSSTCam/calib'] };
  const { data } = await gateway.ask(
    'mutation ($input: CreateSatelliteInput!) {createSatellite(input: $input) {satellite {uri} job {id}}}',
    { input },
  );
  const { satellite, job } = data.createSatellite as { satellite: { uri: string }; job: { id: string } };
  await expect
    .poll(async () => (await gateway.ask('query ($id: ID!) {job(id: $id) {state error {message}}}', job)).data.job, {
      timeout: 240_000,
    })
    .toMatchObject({ state: 'COMPLETED' });
  const official = calibrationsOf(OFFICIAL);
  const own = calibrationsOf(satellite.uri.replace(/^file:\/\//, ''));
  expect(official.ranges.length).toBeGreaterThan(0);
  expect(own).toEqual(official);
});
