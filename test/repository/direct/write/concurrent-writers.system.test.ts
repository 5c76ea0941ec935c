import { defineConcurrentWritersSuite } from './concurrent-writers.ts';
import { postgresPlace, sqlitePlace } from './place.ts';

defineConcurrentWritersSuite('Eight writers of one SQLite file', sqlitePlace);
defineConcurrentWritersSuite('Eight writers of one PostgreSQL registry', postgresPlace);
