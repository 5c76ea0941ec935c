import { expect, test } from 'vitest';
import { SeenKeys } from '../../../src/repository/federated/seen-keys.ts';
import fc from '../../sample.ts';

test('each key is new once, whether it is kept in memory or on disk', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 2 }).map((key) => `${key}\u0000x`)), (keys) => {
      using seen = new SeenKeys(3);
      const before = new Set<string>();
      for (const key of keys) {
        expect(seen.add(key)).toBe(!before.has(key));
        before.add(key);
      }
    }),
  );
});
