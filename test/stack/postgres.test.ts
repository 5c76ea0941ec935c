import pg from 'pg';
import { expect, test } from 'vitest';
import { startPostgres } from '../../stack/postgres.ts';

test('a database of the stack has what a Butler registry needs for validity ranges that must not overlap', async () => {
  await using server = await startPostgres();
  const client = new pg.Client({ connectionString: await server.createDatabase() });
  await client.connect();
  try {
    await client.query(
      'create table held (key int, during int8range, exclude using gist (key with =, during with &&))',
    );
    await client.query("insert into held values (1, '[0,10)')");
    await expect(client.query("insert into held values (1, '[5,15)')")).rejects.toThrow(/exclusion constraint/);
  } finally {
    await client.end();
  }
});
