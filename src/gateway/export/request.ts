import { coerceInputValue, type GraphQLSchema } from 'graphql';
import { z } from 'zod';
import { SatelliteError } from '../../butler/errors.ts';

const exportRequest = z.strictObject({
  field: z.enum(['datasets', 'dimensionRecords', 'dataIds']),
  arguments: z.record(z.string(), z.unknown()),
  format: z.enum(['jsonl', 'parquet']).default('jsonl'),
});

export type ExportRequest = z.output<typeof exportRequest>;

/**
 * The body of `POST /export`: a query field, its arguments as GraphQL takes them, and a format.
 * @throws SatelliteError BAD_USER_INPUT
 */
export function parseExportRequest(body: unknown, schema: GraphQLSchema): ExportRequest {
  const parsed = exportRequest.safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${z.core.toDotPath(path) || 'body'}: ${message}`);
    throw new SatelliteError('BAD_USER_INPUT', `The export cannot be understood. ${problems.join('. ')}.`);
  }
  return { ...parsed.data, arguments: coerceArguments(parsed.data, schema) };
}

function coerceArguments({ field, arguments: given }: ExportRequest, schema: GraphQLSchema): Record<string, unknown> {
  const known = schema
    .getQueryType()!
    .getFields()
    [field]!.args.filter(({ name }) => name !== 'first' && name !== 'after');
  const unknown = Object.keys(given).find((name) => !known.some((a) => a.name === name));
  if (unknown !== undefined) {
    const names = known.map((a) => a.name).join(', ');
    throw new SatelliteError('BAD_USER_INPUT', `An export of ${field} has no argument "${unknown}", only ${names}.`);
  }
  return Object.fromEntries(
    known.flatMap(({ name, type, defaultValue }) => {
      const value = given[name] ?? defaultValue ?? null;
      const coerced = coerceInputValue(value, type, (path, _value, error) => {
        throw new SatelliteError('BAD_USER_INPUT', `${[name, ...path].join('.')}: ${error.message}`);
      });
      return coerced === null ? [] : [[name, coerced]];
    }),
  );
}
