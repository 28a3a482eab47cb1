/** Builds the page into one ES module, `build/page/app.js`, styles included. */

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  // Vite's library mode leaves white space in ES modules, so this is an ordinary build whose entry keeps its exports.
  build: {
    outDir: here('../build/page'),
    emptyOutDir: true,
    target: ['chrome105', 'firefox104', 'safari15.6'],
    modulePreload: { polyfill: false },
    sourcemap: false,
    rollupOptions: {
      input: here('src/main.tsx'),
      preserveEntrySignatures: 'strict',
      output: { format: 'es', entryFileNames: 'app.js', inlineDynamicImports: true },
    },
  },
});
