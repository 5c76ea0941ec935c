/** How much of a quantum graph file is taken in: whoever made the file is not trusted. */

/** Every limit is on what the file really gives, not on what it says. */
export interface GraphLimits {
  /** Bytes, decompressed, of a part that is read as a whole: pipeline graph, thin graph, init quanta, dimension data. */
  readonly partBytes: number;
  /** Bytes, decompressed, of one quantum, dataset or log. */
  readonly blockBytes: number;
  /** Bytes, decompressed, of all blocks that are read in one pass. */
  readonly passBytes: number;
  /** Values in one JSON document (numbers, texts, lists, objects): some take many times their bytes in memory. */
  readonly values: number;
  /** Levels of lists and objects in one JSON document. */
  readonly depth: number;
}

/** Enough for some million quanta; a document at its limit takes about a gigabyte of memory. */
export const GRAPH_LIMITS: GraphLimits = {
  partBytes: 256 * 2 ** 20,
  blockBytes: 64 * 2 ** 20,
  passBytes: 16 * 2 ** 30,
  values: 16_000_000,
  depth: 64,
};
