/**
 * `npm run build`: the gateway and its command as a few files in `dist/gateway`.  V8 keeps the text of all that it has loaded:
 * without comments and white space, with short names of variables, in one byte a character, that is a quarter of it.  Names of
 * functions and classes stay, so that stack traces tell them; lines are told with `NODE_OPTIONS=--enable-source-maps`.
 */
import { chmod } from 'node:fs/promises';
import { defineConfig } from 'vite';

/** What only some gateways load, and then from `node_modules`; everything else is put in. */
const LOADED_WHEN_NEEDED = [
  ...['@apollo/server', '@as-integrations/fastify', '@graphql-tools/executor', '@graphql-tools/schema'],
  ...['graphql', 'graphql-jit', 'graphql-sse', 'graphql-ws'],
  ...['@aws-sdk/client-s3', '@aws-sdk/client-sts', '@aws-sdk/lib-storage', '@aws-sdk/s3-request-presigner'],
  ...['hyparquet-writer', 'pg', 'pg-boss'],
  // Never: `http/server.ts` tells fastify so.
  ...['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler'],
  // A binary of its own.
  'better-sqlite3',
];

/** What there is of undici in a build: its whole is 1.4 MB of text, most of which is for browsers' interfaces. */
const UNDICI = `
  import Agent from 'undici/lib/dispatcher/agent.js';
  import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
  import Pool from 'undici/lib/dispatcher/pool.js';
  import api from 'undici/lib/api/index.js';
  Object.assign(Dispatcher.prototype, api);
  export { Agent, Pool };
`;

/** As JavaScript may write it. */
const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

export default defineConfig({
  publicDir: false,
  plugins: [
    {
      name: 'used-undici',
      enforce: 'pre',
      resolveId: (name) => (name === 'undici' ? '\0undici' : undefined),
      load: (id) => (id === '\0undici' ? UNDICI : undefined),
    },
    {
      // One letter beyond ASCII in a comment that stays, and V8 keeps its whole file in two bytes a character.
      name: 'one-byte-text',
      generateBundle: (_options, bundle) => {
        for (const chunk of Object.values(bundle)) {
          if (chunk.type === 'chunk') chunk.code = chunk.code.replace(/[^\0-\x7f]/g, escaped);
        }
      },
    },
    {
      // npm does that to the package's command when it links it, and not again when it is built again.
      name: 'executable-command',
      writeBundle: async ({ dir }) => chmod(`${dir}/main.js`, 0o755),
    },
  ],
  ssr: { noExternal: true, external: LOADED_WHEN_NEEDED },
  build: {
    ssr: true,
    outDir: 'dist/gateway',
    target: 'node22',
    sourcemap: true,
    rolldownOptions: {
      input: {
        main: 'src/cli/main.ts',
        // In processes and threads of their own, which are started by the name of the file beside one's own.
        'worker-process': 'src/repository/direct/sqlite/worker-process.ts',
        'writer-thread': 'src/repository/direct/sqlite/writer-thread.ts',
        'bps-keeper': 'src/run/bps/bps-keeper.ts',
      },
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
        minify: { compress: true, mangle: { keepNames: true }, codegen: { removeWhitespace: true, asciiOnly: true } },
      },
    },
  },
});
