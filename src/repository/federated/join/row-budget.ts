/** How much may be brought together for one query. */
import { QueryTooCostlyError } from '../../../butler/errors.ts';
import { DEFAULT_QUERY_LIMITS, type QueryContext } from '../../repository.ts';
import type { Member } from '../members.ts';

export class RowBudget {
  readonly #members: readonly Member[];
  readonly #most: number;
  #rows = 0;

  constructor(members: readonly Member[], { limits = DEFAULT_QUERY_LIMITS }: QueryContext) {
    this.#members = members;
    this.#most = limits.joinedRows;
  }

  /** @throws QueryTooCostlyError where more rows came than may be joined */
  take(rows: number): void {
    this.#rows += rows;
    if (this.#rows <= this.#most) return;
    const names = this.#members.map(({ repository }) => `'${repository.name}'`).join(' and ');
    throw new QueryTooCostlyError(
      `More than ${this.#most} rows of ${names} would have to be joined for this query: narrow it by data ID (a visit, a ` +
        "tract, a day), or ask one of them alone with 'repositories'.",
    );
  }
}
