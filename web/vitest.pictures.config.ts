import { defineConfig } from 'vitest/config';
import tests from './vitest.e2e.config.ts';

// Pictures for docs/, of a site with projects as engineers have them.
export default defineConfig({ ...tests, test: { ...tests.test, maxWorkers: 1, include: ['e2e/**/*.pictures.ts'] } });
