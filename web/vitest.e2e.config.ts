import { defineConfig } from 'vitest/config';

// Browser tests against a running platform: see e2e/README.md for the environment that they need.
export default defineConfig({
  test: {
    include: ['e2e/**/*.e2e.ts'],
    setupFiles: ['e2e/setup.ts'],
    globalSetup: ['e2e/platform.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Each worker has a platform of its own; one that is named serves one worker.
    maxWorkers: process.env.E2E_URL ? 1 : 2,
  },
});
