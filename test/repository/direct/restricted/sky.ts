/** The dimension records of a small observatory: two cameras, four visits, one sky map. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { DataIdValue } from '../../../../src/butler/data-id.ts';
import { encodeRegion } from '../../../../src/butler/region/codec.ts';
import { circle } from '../../../../src/butler/region/construct.ts';
import { Universe } from '../../../../src/butler/universe.ts';
import type { DimensionRecordRow, FieldValue } from '../../../../src/repository/rows.ts';

const universes = gunzipSync(readFileSync(new URL('../../../data/universes.json.gz', import.meta.url))).toString();
export const universe = Universe.fromJson((JSON.parse(universes) as readonly { rest: unknown }[])[8]!.rest);

type Fields = Readonly<Record<string, FieldValue>>;

export const CAMERAS = ['CamA', 'CamB'];
export const DETECTORS = [1, 2, 3];
export const VISITS = [11, 12, 21, 22];
export const FILTERS = ['g1', 'r1', 'r2'];
const DAYS = [20_260_101, 20_260_102];
const SYSTEMS = [0, 1];
export const PATCHES = [0, 1, 2];
export const TRACTS = [5, 6];

const region = (ra: number, dec: number, degrees: number) => encodeRegion(circle([ra, dec], degrees));
const dayOf = (visit: number) => DAYS[Math.floor(visit / 10) - 1]!;
const filterOf = (visit: number) => FILTERS[visit % 10]!;
const timeOf = (visit: number) => ({ begin: BigInt(visit) * 100n, end: BigInt(visit) * 100n + 50n });

/** Every camera has the same: visit 11 is of day 1 in filter r1, and so on. */
const OF_CAMERA: Readonly<Record<string, readonly Fields[]>> = {
  instrument: [{ visit_max: 99, visit_system: 1, exposure_max: 99, detector_max: 9, class_name: 'x.Y' }],
  detector: DETECTORS.map((id) => ({ id, full_name: `S${String(id)}`, raft: 'R' })),
  physical_filter: FILTERS.map((name) => ({ name, band: name[0]! })),
  day_obs: DAYS.map((id) => ({ id })),
  group: VISITS.map((visit) => ({ name: `group ${String(visit)}` })),
  visit_system: SYSTEMS.map((id) => ({ id, name: `system ${String(id)}` })),
  exposure: VISITS.map((id) => ({
    id,
    day_obs: dayOf(id),
    group: `group ${String(id)}`,
    physical_filter: filterOf(id),
    obs_id: `O${String(id)}`,
    seq_num: id % 10,
    timespan: timeOf(id),
  })),
  visit: VISITS.map((id) => ({
    id,
    day_obs: dayOf(id),
    physical_filter: filterOf(id),
    name: `V${String(id)}`,
    seq_num: id % 10,
    region: region(id, 0, 1),
    timespan: timeOf(id),
  })),
  visit_definition: VISITS.map((id) => ({ exposure: id, visit: id })),
  visit_system_membership: VISITS.map((visit) => ({ visit_system: visit % 2, visit })),
  visit_detector_region: VISITS.flatMap((visit) =>
    DETECTORS.map((detector) => ({ detector, visit, region: region(visit, detector - 2, 0.4) })),
  ),
};

const OF_SKY: Readonly<Record<string, readonly Fields[]>> = {
  skymap: [{ name: 'sky', hash: new Uint8Array(20), tract_max: 9, patch_nx_max: 1, patch_ny_max: 9 }],
  tract: TRACTS.map((id) => ({ skymap: 'sky', id, region: region(id + 6, 0, 3) })),
  patch: TRACTS.flatMap((tract) =>
    PATCHES.map((id) => ({ skymap: 'sky', tract, id, cell_x: id, cell_y: 0, region: region(tract + 6, id - 1, 1) })),
  ),
};

/** All records, in the order that they need one another in. */
export const RECORDS: readonly DimensionRecordRow[] = universe.elements.flatMap((element) => {
  const ofCameras = CAMERAS.flatMap((instrument) =>
    (OF_CAMERA[element.name] ?? []).map((fields) => ({
      ...fields,
      ...(element.name === 'instrument' ? { name: instrument } : { instrument }),
    })),
  );
  return [...ofCameras, ...(OF_SKY[element.name] ?? [])].map((fields) => ({ element, fields, repository: 'sky' }));
});

/** Values of a record's dimensions by name, implied ones among them. */
export function dimensionsOf({ element, fields }: DimensionRecordRow): ReadonlyMap<string, DataIdValue> {
  const { name: own, primaryKey, required, implied } = element;
  return new Map(
    [...required, ...implied].map((name) => [name, fields[name === own ? primaryKey!.name : name] as DataIdValue]),
  );
}

/** The records that a data ID carries: those of its group's elements, by required or by implied values. */
export function recordsCarriedBy(
  names: readonly string[],
  values: readonly DataIdValue[],
): readonly DimensionRecordRow[] {
  const { elements } = universe.conform(names);
  const dataId = new Map(names.map((name, i) => [name, values[i]!]));
  const carried = new Set<DimensionRecordRow>();
  // what visits and exposures imply stands before them
  for (const element of elements.toReversed()) {
    for (const record of RECORDS.filter((candidate) => candidate.element === element)) {
      const of = dimensionsOf(record);
      if (!element.required.every((name) => of.get(name) === dataId.get(name))) continue;
      carried.add(record);
      for (const name of element.implied) dataId.set(name, of.get(name)!);
    }
  }
  return [...carried];
}
