import type { Explanation, PlanStep } from './explanation.ts';

/** An explanation as lines of text: stock Butler's own first, for clients that know only these. */
export function linesOf({ messages, steps, joinedHere, reason, suggestions }: Explanation): readonly string[] {
  return [
    ...messages,
    ...steps.map((step, i) => `Step ${i + 1}: ${stepLine(step)}`),
    ...(joinedHere ? ['The rows of these repositories are joined by the gateway.'] : []),
    ...(reason === null ? [] : [`Nothing was found: ${reason}`]),
    ...suggestions.map((suggestion) => `What to change: ${suggestion}`),
  ];
}

const WHAT = { DATASETS: 'datasets', DIMENSION_RECORDS: 'dimension records', DATA_IDS: 'data IDs' } as const;

function stepLine({ repository, kind, name, collections, estimatedRows, foundRows, why }: PlanStep): string {
  const where = collections.length === 0 ? '' : ` in ${collections.map((of) => `'${of}'`).join(', ')}`;
  const estimate = estimatedRows === null ? '' : `, about ${estimatedRows} rows`;
  const found = foundRows === null ? '' : `, ${foundRows} found`;
  return `${repository ?? 'the client'} gives ${WHAT[kind]} '${name}'${where}${estimate}${found}. ${why}`;
}
