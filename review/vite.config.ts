/** Builds the page into `dist/review`. Relative addresses let it live below any path. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/review',
    emptyOutDir: true,
    target: 'es2023',
    // Nothing is inlined into addresses that the page's policy does not allow.
    assetsInlineLimit: 0,
  },
});
