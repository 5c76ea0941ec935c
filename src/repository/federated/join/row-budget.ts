/** How much may be brought together for one query. */
import { QueryTooCostlyError } from '../../../butler/errors.ts';
import type { Member } from '../members.ts';

/** Rows that are brought together at most. */
const MOST_ROWS = 1_000_000;

export class RowBudget {
  readonly #members: readonly Member[];
  #rows = 0;

  constructor(members: readonly Member[]) {
    this.#members = members;
  }

  /** @throws QueryTooCostlyError where more rows came than may be joined */
  take(rows: number): void {
    this.#rows += rows;
    if (this.#rows <= MOST_ROWS) return;
    const names = this.#members.map(({ repository }) => `'${repository.name}'`).join(' and ');
    throw new QueryTooCostlyError(
      `More than ${MOST_ROWS} rows of ${names} would have to be joined for this query: narrow it by data ID (a visit, a ` +
        "tract, a day), or ask one of them alone with 'repositories'.",
    );
  }
}
