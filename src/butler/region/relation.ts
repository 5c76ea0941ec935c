/**
 * How one region lies to another: a set of bits for what certainly holds.  None set means that the boundaries cross, or
 * that it was not decided.
 */
export type Relation = number;

export const INTERSECTS: Relation = 0;
export const DISJOINT: Relation = 1;
/** The first contains the second. */
export const CONTAINS: Relation = 2;
/** The first is within the second. */
export const WITHIN: Relation = 4;
