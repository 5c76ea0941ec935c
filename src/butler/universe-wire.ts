/** A dimension universe as RemoteButler clients read it: `GET /v1/universe`. */
import type { JsonObject } from './json.ts';
import type { Universe } from './universe.ts';
import { isWireSpelling, readUniverseDocument, type ColumnDocument } from './universe-document.ts';

/** The document of a universe in the wire's spelling; one that came over the wire is given as it is. */
export function encodeUniverse(universe: Universe): JsonObject {
  if (isWireSpelling(universe.document)) return universe.document as JsonObject;
  const document = readUniverseDocument(universe.document);
  return {
    version: document.version,
    namespace: document.namespace,
    skypix: {
      common: document.commonSkypix,
      systems: Object.fromEntries(
        [...document.skypixSystems].map(([name, { className, minLevel, maxLevel }]) => [
          name,
          { class: className, min_level: minLevel, max_level: maxLevel },
        ]),
      ),
    },
    elements: Object.fromEntries(
      [...document.elements].map(([name, element]) => [
        name,
        {
          doc: element.doc ?? '',
          keys: (element.keys ?? []).map((column) => encodeColumn(column, false)),
          requires: element.requires ?? [],
          implies: element.implies ?? [],
          metadata: (element.metadata ?? []).map((column) => encodeColumn(column, true)),
          is_cached: universe.element(name).isCached,
          implied_union_target: universe.element(name).viewOf ?? null,
          governor: universe.element(name).isGovernor,
          always_join: element.always_join ?? false,
          populated_by: element.populated_by ?? null,
          storage: null,
        },
      ]),
    ),
    topology: { spatial: Object.fromEntries(document.spatial), temporal: Object.fromEntries(document.temporal) },
  };
}

function encodeColumn(column: ColumnDocument, isMetadata: boolean): JsonObject {
  const { name, type, length, nbytes, doc, nullable } = column;
  return {
    name,
    doc: doc ?? '',
    type,
    nullable: isMetadata && (nullable ?? true),
    ...(typeof length === 'number' ? { length } : {}),
    ...(typeof nbytes === 'number' ? { nbytes } : {}),
  };
}
