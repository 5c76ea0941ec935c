/** Data IDs that every row of an answer has one of: what was found in one place narrows down what is asked in the next. */
import type { DataIdValues } from '../../../butler/data-id.ts';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import type { DataCoordinateUpload } from '../../../butler/query/tree.ts';
import { upload } from '../probe.ts';

/** Data IDs that are sent with another question at most, unless it would find still more without them. */
export const MOST_UPLOADED = 50_000;

export class KnownDataIds {
  readonly #sets: { readonly names: readonly string[]; readonly rows: readonly DataIdValues[] }[] = [];

  /** @param names dimensions, as `rows` has their values */
  add(names: readonly string[], rows: readonly DataIdValues[]): void {
    this.#sets.push({ names, rows });
  }

  /** What is known of dimensions of the group, to be joined into a query of it; of sets with more than `most` data IDs, nothing. */
  uploadsInto(group: DimensionGroup, most: number): readonly DataCoordinateUpload[] {
    const { universe } = group;
    return this.#sets.flatMap(({ names, rows }) => {
      const shared = new Set(names.filter((name) => group.has(name)));
      const whole = [...shared].filter((name) => universe.groupOf(name).required.every((n) => shared.has(n)));
      const of = universe.conform(whole);
      if (of.required.length === 0) return [];
      const made = upload(of, names, rows);
      return made.rows.length > most ? [] : [made];
    });
  }
}
