import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Two sets of tests.  `system` tests start servers, browsers or notebooks: they run after the others and three files at a
// time, which is what memory is for.  All wait two fifths of the time: there is one file more at work than there are processors.
const COMMON = { setupFiles: ['test/watch-for-secrets.ts'], expect: { poll: { timeout: 30_000 } } };

// What hangs is to end some time; a busy machine takes several times as long as an idle one for what does not.
const PATIENCE = {
  unit: { testTimeout: 120_000, hookTimeout: 300_000 },
  system: { testTimeout: 300_000, hookTimeout: 900_000 },
};

export default defineConfig({
  // As Node resolves it: there must be one copy of graphql, also for libraries that vite does not see.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    globalSetup: 'test/temporary-directory.ts',
    maxWorkers: Math.min(4, availableParallelism() + 1),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.system.test.ts'],
          sequence: { groupOrder: 0 },
          ...PATIENCE.unit,
          ...COMMON,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.system.test.ts'],
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          ...PATIENCE.system,
          ...COMMON,
        },
      },
    ],
  },
});
