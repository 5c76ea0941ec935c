/** Builds the page into `dist/graphiql`. Relative addresses let it live below any path. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/graphiql',
    emptyOutDir: true,
    target: 'es2023',
    // The editor is one large file, as its makers ship it.
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      // Its "use no memo" is for a compiler that does not run here.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
  },
  worker: { format: 'es' },
});
