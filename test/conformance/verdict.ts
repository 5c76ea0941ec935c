/** When an answer satisfies a case: `verdict.py`, for tests. */
import { isJsonObject, stringifyJson, type Json, type JsonObject } from '../../src/butler/json.ts';
import type { Case } from './corpus.ts';

export type Answer =
  { readonly rows: readonly Json[] } | { readonly value: Json } | { readonly error: { readonly error_type: string } };

/** Error types by their codes: `INVALID_QUERY` is `InvalidQueryError`, in Python and as `invalid_query` on the wire. */
function errorTypes(code: string): readonly string[] {
  const wire = code.toLowerCase();
  return [wire, `${wire.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Error`];
}

export function satisfies(testCase: Case, answer: Answer): boolean {
  const { policy, expected } = testCase;
  const more = testCase as unknown as { readonly expected_postgresql?: JsonObject; readonly ideal?: JsonObject };
  const accepted: readonly JsonObject[] = more.expected_postgresql ? [expected, more.expected_postgresql] : [expected];
  switch (policy) {
    case 'match':
      return accepted.some((wanted) => agrees(testCase, answer, wanted));
    case 'db_dependent':
      return (
        accepted.some((wanted) => agrees(testCase, answer, wanted)) ||
        ('error' in answer && accepted.some((wanted) => 'error' in wanted))
      );
    case 'reject':
      return 'error' in answer;
    case 'reject_or_empty':
      return 'error' in answer || ('rows' in answer && answer.rows.length === 0);
    case 'limit':
      return 'error' in answer || agrees(testCase, answer, more.ideal!);
    case 'unsupported':
      return true;
  }
}

function agrees({ compare }: Case, answer: Answer, wanted: JsonObject): boolean {
  const error = wanted['error'] as JsonObject | undefined;
  if (error) {
    if (error['class'] === 'empty_result' && 'rows' in answer && answer.rows.length === 0) return true;
    if (!('error' in answer)) return false;
    return (
      error['class'] === 'argument_error' ||
      errorTypes(answer.error.error_type).some((type) =>
        [error['error_type'], error['butler_error_type']].includes(type),
      )
    );
  }
  const isOrdered = compare === 'ordered';
  if ('value' in wanted) {
    if (!('value' in answer)) return false;
    const [a, b] = [answer.value, wanted['value']!];
    if (Array.isArray(b))
      return Array.isArray(a) && listKey(a as Json[], isOrdered) === listKey(b as Json[], isOrdered);
    return canonical(a) === canonical(b);
  }
  if (!('rows' in answer)) return false;
  const rows = wanted['rows'] as readonly Json[];
  if (compare === 'count') return answer.rows.length === wanted['count'];
  if (compare === 'subset') {
    const pool = rows.map(canonical);
    return answer.rows.length === wanted['count'] && answer.rows.map(canonical).every((row) => take(pool, row));
  }
  return listKey(answer.rows, isOrdered) === listKey(rows, isOrdered);
}

function take(pool: string[], item: string): boolean {
  const place = pool.indexOf(item);
  if (place >= 0) pool.splice(place, 1);
  return place >= 0;
}

function listKey(rows: readonly Json[], isOrdered: boolean): string {
  const keys = rows.map(canonical);
  return (isOrdered ? keys : keys.sort()).join('\n');
}

/** JSON with sorted keys, so that equal values have equal texts. */
export function canonical(value: Json): string {
  return stringifyJson(sorted(value));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  if (!isJsonObject(value)) return value === 0 ? 0 : value; // -0 is 0
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key]!)]),
  );
}
