/**
 * The JSON document of a dimension universe, in both spellings: as a repository stores it under
 * `config:dimensions.json`, and as `GET /v1/universe` gives it.
 */
import { z } from 'zod';
import { SatelliteError } from './errors.ts';

const column = z.object({
  name: z.string(),
  type: z.enum(['int', 'float', 'string', 'bool', 'hash']),
  length: z.number().int().nullish(),
  doc: z.string().nullish(),
  nullable: z.boolean().nullish(),
  nbytes: z.number().int().nullish(),
});

const element = z.object({
  doc: z.string().nullish(),
  keys: z.array(column).nullish(),
  requires: z.array(z.string()).nullish(),
  implies: z.array(z.string()).nullish(),
  metadata: z.array(column).nullish(),
  governor: z.boolean().nullish(),
  always_join: z.boolean().nullish(),
  populated_by: z.string().nullish(),
  implied_union_target: z.string().nullish(),
  is_cached: z.boolean().nullish(),
  storage: z
    .object({ cls: z.string().nullish(), nested: z.object({ view_of: z.string().nullish() }).nullish() })
    .nullish(),
});

/** No system of sphgeom goes deeper than 29. */
const level = z.number().int().min(0).max(29);
const skypixSystem = z.object({ class: z.string().nullish(), max_level: level, min_level: level.nullish() });

const family = z.record(z.string(), z.array(z.string()));

const documentSchema = z.object({
  version: z.number().int(),
  namespace: z.string().nullish(),
  skypix: z
    .object({ common: z.string(), systems: z.record(z.string(), skypixSystem).nullish() })
    .catchall(skypixSystem),
  elements: z.record(z.string(), element),
  topology: z.object({ spatial: family.nullish(), temporal: family.nullish() }).nullish(),
});

export type ColumnDocument = z.infer<typeof column>;
export type ElementDocument = z.infer<typeof element>;

export interface SkypixSystemDocument {
  /** The Python class of its pixelization. */
  readonly className: string;
  readonly minLevel: number;
  readonly maxLevel: number;
}

/** A universe document in one spelling: skypix systems apart from the common level, topology always present. */
export interface UniverseDocument {
  readonly version: number;
  readonly namespace: string;
  readonly commonSkypix: string;
  readonly skypixSystems: ReadonlyMap<string, SkypixSystemDocument>;
  readonly elements: ReadonlyMap<string, ElementDocument>;
  readonly spatial: ReadonlyMap<string, readonly string[]>;
  readonly temporal: ReadonlyMap<string, readonly string[]>;
}

/** Whether a document that can be read is spelt as on the wire. */
export function isWireSpelling(json: unknown): boolean {
  return documentSchema.parse(json).skypix.systems !== undefined;
}

/** Reads either spelling.  @throws SatelliteError UPSTREAM_UNAVAILABLE naming what is wrong with the document. */
export function readUniverseDocument(json: unknown): UniverseDocument {
  const parsed = documentSchema.safeParse(json);
  if (!parsed.success) throw unreadableUniverse(z.prettifyError(parsed.error));
  const { version, namespace, skypix, elements, topology } = parsed.data;
  const { common, systems, ...inline } = skypix;
  const skypixSystems = new Map(
    Object.entries(systems ?? inline).map(([name, { class: className, min_level, max_level }]) => [
      name,
      { className: className ?? '', minLevel: min_level ?? 1, maxLevel: max_level },
    ]),
  );
  return {
    version,
    namespace: namespace ?? 'daf_butler',
    commonSkypix: common,
    skypixSystems,
    elements: new Map(Object.entries(elements)),
    spatial: new Map(Object.entries(topology?.spatial ?? {})),
    temporal: new Map(Object.entries(topology?.temporal ?? {})),
  };
}

/** The error of a document that is no dimension universe. */
export function unreadableUniverse(reason: string): SatelliteError {
  return new SatelliteError('UPSTREAM_UNAVAILABLE', `The repository's dimension universe cannot be read: ${reason}`);
}
