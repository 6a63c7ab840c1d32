import { defineConfig } from 'vitest/config';
import tests from './vitest.e2e.config';

// Figures instead of tests, on the same kind of platform.
export default defineConfig({ ...tests, test: { ...tests.test, maxWorkers: 1, include: ['e2e/**/*.measure.ts'] } });
