/**
 * A writer that stops in the middle of a transaction and goes on when it is told to: `node paused-writer.ts FILE MODE`.
 * Says `paused` when pages of the transaction are in the file, and after a line on stdin how its commit went.
 */
import { once } from 'node:events';
import Sqlite from 'better-sqlite3';

const database = new Sqlite(process.argv[2]);
database.pragma(`journal_mode = ${process.argv[3]!}`);
// A cache of a few pages: the transaction spills into the file, and only the journal can undo it.
database.pragma('cache_size = 5');
database.exec('BEGIN IMMEDIATE');
const insert = database.prepare('INSERT INTO entry (writer, text) VALUES (?, ?)');
for (let i = 0; i < 2000; i += 1) insert.run('paused', 'x'.repeat(200));
console.log('paused');
await once(process.stdin, 'data');
try {
  database.exec('COMMIT');
  console.log('committed');
  database.exec('BEGIN IMMEDIATE');
  insert.run('paused', 'after');
  database.exec('COMMIT');
  console.log('wrote again');
} catch (error) {
  console.log((error as { code: string }).code);
}
process.exit();
