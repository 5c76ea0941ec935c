import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ButlerUserError, SatelliteError } from '../../src/butler/errors.ts';
import { Universe } from '../../src/butler/universe.ts';

interface Shipped {
  readonly stored: unknown;
  readonly rest: unknown;
  readonly order: readonly string[];
  readonly elements: readonly Readonly<Record<string, unknown>>[];
}

/** Written by test/oracle/universes.py; the index is the version. */
const shipped = JSON.parse(
  gunzipSync(readFileSync(new URL('../data/universes.json.gz', import.meta.url))).toString(),
) as readonly Shipped[];

describe.each(shipped.map((document, version) => ({ version, ...document })))(
  'universe $version',
  ({ version, stored, rest, order, elements }) => {
    it.each([
      ['as a repository stores it', stored],
      ['as a server gives it', rest],
    ])('%s is what stock Butler makes of it', (_, document) => {
      const universe = Universe.fromJson(document);
      expect(`${universe}`).toBe(`daf_butler version ${version}`);
      expect(universe.elements.map(({ name }) => name)).toEqual(order);
      const described = elements.map(({ name }) => describeElement(universe, name as string));
      expect(described).toEqual(elements);
    });
  },
);

function describeElement(universe: Universe, name: string): Readonly<Record<string, unknown>> {
  const element = universe.element(name);
  const group = universe.groupOf(name);
  return {
    name,
    required: element.required,
    implied: element.implied,
    fields: [...element.fields.values()].map((field) => [field.name, field.type]),
    keys: element.primaryKey ? [element.primaryKey, ...element.alternateKeys].map((key) => key.name) : [],
    governor: element.governor ?? null,
    has_table: element.hasTable,
    view_of: element.viewOf ?? null,
    spatial: element.spatialFamily ?? null,
    temporal: element.temporalFamily ?? null,
    defines_relationships: element.alwaysJoin || element.implied.length > 0,
    populated_by: element.populatedBy ?? null,
    group: group.names,
    group_required: group.required,
    group_elements: group.elements.map((e) => e.name),
  };
}

describe('a universe', () => {
  const universe = Universe.fromJson(shipped[8]!.stored);

  it('gives one and the same group for equal sets of dimensions', () => {
    expect(universe.conform(['visit', 'band'])).toBe(universe.conform(['instrument', 'visit']));
  });

  it('names the nearest element for a misspelt one', () => {
    expect(() => universe.element('detecter')).toThrow(ButlerUserError);
    expect(() => universe.element('detecter')).toThrow(/Did you mean 'detector'/);
  });

  it.each([
    ['no object', 7],
    ['no skypix', { version: 8, elements: {} }],
    [
      'a cycle',
      { version: 8, skypix: { common: 'htm7' }, elements: { a: { requires: ['b'] }, b: { requires: ['a'] } } },
    ],
    [
      'a requirement that is not there',
      { version: 8, skypix: { common: 'htm7' }, elements: { a: { requires: ['b'] } } },
    ],
    ['a wrong skypix system', { version: 8, skypix: { common: 'htm7', htm: 3 }, elements: {} }],
  ])('is not made of a document with %s', (_, document) => {
    expect(() => Universe.fromJson(document)).toThrow(SatelliteError);
  });
});
