/** Builds the page into `dist/graphiql`. Relative addresses let it live below any path. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  // The editor is one large file, as its makers ship it.
  build: { outDir: '../dist/graphiql', emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 5000 },
  worker: { format: 'es' },
});
