import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { printSchema, type GraphQLSchema } from 'graphql';
import { access } from '../../../resolvers/access.ts';
import { collection } from '../../../resolvers/collection.ts';
import { dataset } from '../../../resolvers/dataset.ts';
import { curation } from '../../../resolvers/curation.ts';
import { dimension } from '../../../resolvers/dimension.ts';
import { explain } from '../../../resolvers/explain.ts';
import { node } from '../../../resolvers/node.ts';
import { publication } from '../../../resolvers/publication.ts';
import { publishing } from '../../../resolvers/publishing.ts';
import { refereeing } from '../../../resolvers/refereeing.ts';
import { repository } from '../../../resolvers/repository.ts';
import { scalars } from '../../../resolvers/scalars.ts';
import { job } from '../../../resolvers/job.ts';
import { run } from '../../../resolvers/run.ts';
import { running } from '../../../resolvers/running.ts';
import { satellite } from '../../../resolvers/satellite.ts';
import { transfer } from '../../../resolvers/transfer.ts';
import { viewer } from '../../../resolvers/viewer.ts';
import { PACKAGE_ROOT } from '../../run/package-root.ts';

/** The schema of `schema/` with the resolvers of `resolvers/`. */
export function createSchema(): GraphQLSchema {
  const directory = join(PACKAGE_ROOT, 'schema');
  const files = readdirSync(directory).filter((file) => file.endsWith('.graphql'));
  return makeExecutableSchema({
    typeDefs: files.sort().map((file) => readFileSync(join(directory, file), 'utf8')),
    resolvers: [
      ...[scalars, node, viewer, repository, collection, dimension, dataset, explain],
      ...[satellite, access, transfer, curation, run, running, job, publication, publishing, refereeing],
    ],
    resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
  });
}

/** The schema as text, for clients that generate code from it. */
export function schemaText(schema: GraphQLSchema): string {
  return `${printSchema(schema)}\n`;
}
