import { parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { change, CHANGES, CONTENTS, DATASETS, PUBLICATION, QUEUE, UPDATES, VIEWER } from '../../review/queries.ts';
import { createSchema } from '../../src/gateway/graphql/schema.ts';

test('everything that the page for reviewers asks is a question that the schema allows', () => {
  const schema = createSchema();
  const changes = (Object.keys(CHANGES) as (keyof typeof CHANGES)[]).map(change);
  for (const query of [VIEWER, QUEUE, PUBLICATION, UPDATES, CONTENTS, DATASETS, ...changes]) {
    expect(validate(schema, parse(query)), query).toEqual([]);
  }
});
