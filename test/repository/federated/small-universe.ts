/** A universe with a governor, what depends on it, and what is implied: enough for the laws of federation. */
import { Universe } from '../../../src/butler/universe.ts';

const key = (name: string, type: string) => [{ name, type, length: 32 }];

export function smallUniverse(version = 7): Universe {
  return Universe.fromJson({
    version,
    namespace: 'small',
    skypix: { common: 'htm7', htm: { max_level: 8 } },
    elements: {
      instrument: { keys: key('name', 'string'), governor: true, metadata: key('class_name', 'string') },
      band: { keys: key('name', 'string'), implied_union_target: 'physical_filter' },
      detector: { keys: key('id', 'int'), requires: ['instrument'], metadata: key('purpose', 'string') },
      physical_filter: { keys: key('name', 'string'), requires: ['instrument'], implies: ['band'] },
      visit: {
        keys: key('id', 'int'),
        requires: ['instrument'],
        implies: version < 8 ? ['physical_filter'] : [],
        metadata: key('exposure_time', 'float'),
      },
    },
  });
}
