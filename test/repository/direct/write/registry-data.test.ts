import { sqlitePlace } from './place.ts';
import { defineRegistryDataSuite } from './registry-data.ts';

defineRegistryDataSuite('A registry on SQLite', sqlitePlace);
