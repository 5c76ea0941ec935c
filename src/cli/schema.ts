import { createSchema, schemaText } from '../gateway/graphql/schema.ts';

export function printSchemaText(): void {
  process.stdout.write(schemaText(createSchema()));
}
