import { afterAll, beforeAll, expect, test } from 'vitest';
import { runGateway, type RunningGateway } from './running-gateway.ts';
import { FilesRepository, offer, rawContent } from './small-repositories.ts';

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await runGateway({ offered: [offer(new FilesRepository('dp1', rawContent(3, 'official')))] });
});
afterAll(() => gateway[Symbol.asyncDispose]());

test.each([
  ['a syntax error', '{viewer {', 'GRAPHQL_PARSE_FAILED', /Syntax Error: Expected Name, found <EOF>/],
  ['an unknown field', '{viewer {user}}', 'GRAPHQL_VALIDATION_FAILED', /Cannot query field "user" on type "Viewer"/],
  ['a misspelt field', '{dataset {uuid}}', 'GRAPHQL_VALIDATION_FAILED', /argument "uuid" of type "UUID!" is required/],
  [
    'a value of another type',
    '{repository(name: 3057) {id}}',
    'GRAPHQL_VALIDATION_FAILED',
    /cannot represent a non string/,
  ],
  ['null for a name', '{repository(name: null) {id}}', 'GRAPHQL_VALIDATION_FAILED', /Expected value of type "String!"/],
  ['a UUID that is none', '{dataset(uuid: "x") {run}}', 'GRAPHQL_VALIDATION_FAILED', /A UUID is written as/],
  [
    'a list for an object',
    '{findDataset(datasetType: "raw", collections: ["all"], dataId: []) {run}}',
    'GRAPHQL_VALIDATION_FAILED',
    /An object is expected/,
  ],
  [
    'two operations without a choice',
    'query A {viewer {username}} query B {viewer {username}}',
    'OPERATION_RESOLUTION_FAILURE',
    /Must provide operation name/,
  ],
])('%s is told as what it is, with its place', async (_what, query, code, message) => {
  const { data, errors } = await gateway.ask(query);
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([{ message: expect.stringMatching(message), extensions: { code } }]);
  expect(gateway.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});
