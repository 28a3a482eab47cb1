import { defineConfig } from 'vitest/config';

/** Tests that need neither a network namespace nor a browser; those have `e2e/vitest.config.ts`. */
export default defineConfig({
  test: {
    include: ['{rpcd,frontend,luci-app-linkagg}/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
