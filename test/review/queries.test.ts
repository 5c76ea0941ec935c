import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import * as queries from '../../review/queries.ts';
import { createSchema } from '../../src/gateway/graphql/schema.ts';

test('everything that the page for reviewers asks is a question that the schema allows', () => {
  const schema = createSchema();
  const { change, CHANGES, ...rest } = queries;
  const changes = (Object.keys(CHANGES) as (keyof typeof CHANGES)[]).map(change);
  for (const query of [...Object.values(rest), ...changes]) {
    expect(validate(schema, parse(query)), query).toEqual([]);
  }
});
