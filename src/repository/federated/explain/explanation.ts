/** How a query is answered, and why its answer is empty where it is: what `explain` says. */
import type { ResultSpec } from '../../../butler/query/result-spec.ts';
import type { Query } from '../../../butler/query/tree.ts';
import type { SearchPath } from '../search-path.ts';

/** A query as it was planned. */
export interface Explained {
  readonly query: Query;
  readonly spec: ResultSpec;
  /** Search path of each dataset search, by dataset type. */
  readonly paths: ReadonlyMap<string, SearchPath>;
}

/** What one repository is asked for. */
export interface PlanStep {
  /** Name of the repository; null where the client itself sent the data IDs. */
  readonly repository: string | null;
  readonly kind: 'DATASETS' | 'DIMENSION_RECORDS' | 'DATA_IDS';
  /** Dataset type, dimension element, or the dimensions of data IDs. */
  readonly name: string;
  /** Collections that are searched, in order; none for what is in no collection. */
  readonly collections: readonly string[];
  /** Rows by a count beforehand, with what the query says of it; null where nothing was counted. */
  readonly estimatedRows: number | null;
  /** Rows that were brought together; null where that is not known without running the query. */
  readonly foundRows: number | null;
  /** Why here, and in this place. */
  readonly why: string;
}

export interface Explanation {
  /** In the order in which they are asked. */
  readonly steps: readonly PlanStep[];
  /** Whether the gateway joins rows of several repositories. */
  readonly joinedHere: boolean;
  /** About how many rows the answer has; null where nothing was counted. */
  readonly estimatedRows: number | null;
  /** Null where that was not found out. */
  readonly isEmpty: boolean | null;
  /** Why the answer is empty; null where it is not, or where that was not found out. */
  readonly reason: string | null;
  /** What to change. */
  readonly suggestions: readonly string[];
  /** What the repositories' own Butlers say, word by word. */
  readonly messages: readonly string[];
}

/** Of a query that needs no repository to be known empty. */
export function explainedAs(reason: string, suggestion: string): Explanation {
  return {
    steps: [],
    joinedHere: false,
    estimatedRows: 0,
    isEmpty: true,
    reason,
    suggestions: [suggestion],
    messages: [],
  };
}

/**
 * Several queries whose rows are one answer, as one: empty where all are, for the reasons of all.
 * @param most reasons that are given
 */
export function explainedTogether(explanations: readonly Explanation[], most: number): Explanation {
  const isEmpty = explanations.some((one) => one.isEmpty === false)
    ? false
    : explanations.every((one) => one.isEmpty === true) || null;
  const estimates = explanations.map(({ estimatedRows }) => estimatedRows);
  const united = (lists: readonly (readonly string[])[]) => [...new Set(lists.flat())];
  const reasons = isEmpty === true ? united(explanations.map(({ reason }) => (reason === null ? [] : [reason]))) : [];
  const more = reasons.length - most;
  return {
    steps: explanations.flatMap(({ steps }) => steps),
    joinedHere: explanations.some(({ joinedHere }) => joinedHere),
    estimatedRows: estimates.reduce((sum, rows) => (sum === null || rows === null ? null : sum + rows), 0),
    isEmpty,
    reason:
      reasons.length === 0
        ? null
        : [...reasons.slice(0, most), ...(more > 0 ? [`So it is for ${more} more dataset types.`] : [])].join(' '),
    suggestions: isEmpty === true ? united(explanations.map(({ suggestions }) => suggestions)).slice(0, most * 2) : [],
    messages: united(explanations.map(({ messages }) => messages)),
  };
}
