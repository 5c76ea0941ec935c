import { postgresPlace } from './place.ts';
import { defineRegistryDataSuite } from './registry-data.ts';

defineRegistryDataSuite('A registry on PostgreSQL', postgresPlace);
