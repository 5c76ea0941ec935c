import { describe, expect, test } from 'vitest';
import type { Predicate } from '../../../../src/butler/query/predicate.ts';
import { predicateText } from '../../../../src/butler/query/text.ts';
import {
  diagnose,
  type EmptyQuery,
  type Questions,
  type SearchFacts,
} from '../../../../src/repository/federated/explain/diagnose.ts';
import type { Constraint, Operand } from '../../../../src/repository/federated/explain/operands.ts';
import fc from '../../../sample.ts';
import { smallUniverse } from '../small-universe.ts';

const universe = smallUniverse();

function equals(dimension: string, value: string | number): Constraint {
  const predicate: Predicate = {
    type: 'comparison',
    operator: '==',
    a: { type: 'dimension_key', dimension },
    b: typeof value === 'string' ? { type: 'string', value } : { type: 'int', value: BigInt(value) },
  };
  return { text: predicateText(predicate), predicate };
}

type Row = Readonly<Record<string, string | number>>;

const INSTRUMENT = equals('instrument', 'Cam');
const DETECTOR = equals('detector', 3);
const VISIT = equals('visit', 7);
const VALUES = new Map<Constraint, readonly [string, string | number]>([
  [INSTRUMENT, ['instrument', 'Cam']],
  [DETECTOR, ['detector', 3]],
  [VISIT, ['visit', 7]],
]);
const fulfils = (row: Row, constraints: readonly Constraint[]) =>
  constraints.every((constraint) => {
    const [name, value] = VALUES.get(constraint)!;
    return row[name] === value;
  });

const datasets = (name: string, dimensions: readonly string[]): Operand => {
  return { kind: 'datasets', name, dimensions: universe.conform(dimensions) };
};
const RAW = datasets('raw', ['visit', 'detector']);
const CALEXP = datasets('calexp', ['visit', 'detector']);

const facts = (datasetType: string, given: Partial<SearchFacts> = {}): SearchFacts => ({
  datasetType,
  asked: ['all'],
  searched: ['run'],
  held: [datasetType],
  holding: ['run'],
  isCalibrationSearch: false,
  ...given,
});

/** What is asked of tables of rows, and how often. */
class Tables implements Questions {
  asked = 0;
  readonly #tables: Readonly<Record<string, readonly Row[]>>;

  constructor(tables: Readonly<Record<string, readonly Row[]>>) {
    this.#tables = tables;
  }

  has(operand: Operand, constraints: readonly Constraint[]): Promise<boolean | undefined> {
    this.asked += 1;
    return Promise.resolve((this.#tables[operand.name] ?? []).some((row) => fulfils(row, constraints)));
  }

  whole(operands: readonly Operand[], constraints: readonly Constraint[]): Promise<boolean | undefined> {
    this.asked += 1;
    const [first, ...others] = operands.map(({ name }) => this.#tables[name] ?? []);
    const key = (row: Row) => JSON.stringify([row['visit'], row['detector']]);
    const common = (first ?? []).filter((row) => others.every((of) => of.some((other) => key(other) === key(row))));
    return Promise.resolve(common.some((row) => fulfils(row, constraints)));
  }

  both(a: Operand, b: Operand, constraints: readonly Constraint[]): Promise<boolean | undefined> {
    return this.whole([a, b], constraints);
  }
}

const emptyQuery = (given: Partial<EmptyQuery>): EmptyQuery => ({
  universe,
  operands: [RAW],
  constraints: [INSTRUMENT, DETECTOR, VISIT],
  contradictions: [],
  searches: [facts('raw')],
  regions: [],
  comparesTimes: false,
  ...given,
});

const CAM = { instrument: 'Cam' };
const records = { instrument: [CAM], visit: [{ ...CAM, visit: 7 }], detector: [{ ...CAM, detector: 3 }] };

describe('What is known without asking', () => {
  test.each([
    ['no collections', { asked: [], searched: [], held: [], holding: [] }],
    ['empty collections', { held: [], holding: [] }],
    ['not in collections', { held: ['calexp'], holding: [] }],
  ] as const)('is not asked: %s', async (kind, given) => {
    const ask = new Tables({});
    expect(await diagnose(emptyQuery({ searches: [facts('raw', given)] }), ask)).toMatchObject({ kind });
    expect(ask.asked).toBe(0);
  });

  test('is an expression that contradicts itself, whatever else is wrong', async () => {
    const contradictions = [{ dimension: 'detector', values: [1, 2] as const }];
    const searches = [facts('raw', { held: [], holding: [] })];
    const finding = await diagnose(emptyQuery({ contradictions, searches }), new Tables({}));
    expect(finding).toEqual({ kind: 'contradiction', dimension: 'detector', values: [1, 2] });
  });
});

describe('The constraint to blame', () => {
  test.each([
    [
      'an instrument that is not there',
      { raw: [{ instrument: 'Eye', detector: 3, visit: 7 }] },
      'instrument',
      [INSTRUMENT],
    ],
    [
      'a visit that is not there, and not the detector beside it',
      { ...records, visit: [], raw: [{ ...CAM, detector: 3, visit: 8 }] },
      'visit',
      [VISIT],
    ],
  ] as const)('is %s', async (_, tables, element, constraints) => {
    expect(await diagnose(emptyQuery({}), new Tables(tables))).toEqual({
      kind: 'no such records',
      element,
      constraints,
    });
  });

  test('is a visit that is there, of which there are no datasets', async () => {
    const finding = await diagnose(
      emptyQuery({}),
      new Tables({ ...records, raw: [{ ...CAM, detector: 3, visit: 8 }] }),
    );
    expect(finding).toMatchObject({ kind: 'no such datasets', constraints: [VISIT] });
  });

  test('is both of two that only together leave nothing', async () => {
    const raw = [
      { ...CAM, detector: 3, visit: 8 },
      { ...CAM, detector: 4, visit: 7 },
    ];
    const finding = await diagnose(emptyQuery({}), new Tables({ ...records, raw }));
    expect(finding).toMatchObject({ kind: 'no such datasets', constraints: [DETECTOR, VISIT] });
  });

  test('is no constraint where datasets were removed', async () => {
    expect(await diagnose(emptyQuery({}), new Tables({ raw: [] }))).toMatchObject({ kind: 'nothing left' });
  });

  test('is the join where two types have nothing in common', async () => {
    const query = emptyQuery({
      operands: [RAW, CALEXP],
      searches: [facts('raw'), facts('calexp')],
      constraints: [INSTRUMENT],
    });
    const tables = { raw: [{ ...CAM, detector: 3, visit: 7 }], calexp: [{ ...CAM, detector: 3, visit: 8 }] };
    expect(await diagnose(query, new Tables(tables))).toEqual({
      kind: 'no common data IDs',
      datasetTypes: ['raw', 'calexp'],
      dimensions: ['instrument', 'detector', 'visit'],
      constraints: [],
    });
  });

  test('is not found out where nothing more may be asked', async () => {
    const refuse = () => Promise.resolve(undefined);
    const query = emptyQuery({ constraints: [] });
    expect(await diagnose(query, { has: refuse, whole: refuse, both: refuse })).toEqual({ kind: 'not found out' });
  });

  const row = fc.record({
    instrument: fc.constantFrom('Cam', 'Eye'),
    detector: fc.constantFrom(3, 4),
    visit: fc.constantFrom(7, 8),
  });
  test('are as few as leave nothing: without any one of them something is left', async () => {
    const all = [INSTRUMENT, DETECTOR, VISIT];
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), async (raw) => {
        fc.pre(!raw.some((one) => fulfils(one, all)));
        const ask = new Tables({ ...records, raw });
        const finding = await diagnose(emptyQuery({}), ask);
        if (!('constraints' in finding)) throw new Error(finding.kind);
        const { constraints } = finding;
        expect(raw.some((one) => fulfils(one, constraints))).toBe(false);
        for (const left of constraints) {
          const others = constraints.filter((other) => other !== left);
          expect(raw.some((one) => fulfils(one, others))).toBe(true);
        }
        expect(ask.asked).toBeLessThanOrEqual(6);
      }),
    );
  });
});
