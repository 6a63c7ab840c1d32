import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { packed } from './scripts/packed.mjs';

// `PLATFORM_URL` names a running platform for `npm run dev`.
const platform = process.env.PLATFORM_URL ?? 'https://127.0.0.1:8443';

export default defineConfig({
  plugins: [react(), packed()],
  build: {
    target: 'es2022',
    // Embedded in the relay: no source maps, and no inlined assets, which the content policy would refuse.
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  worker: { format: 'es' },
  server: {
    // The platform takes calls of pages of its own origin only; here the proxy stands for it.
    proxy: {
      '/api': { target: platform, secure: false, ws: true, changeOrigin: true, headers: { origin: platform } },
      '/build.json': { target: platform, secure: false, changeOrigin: true },
    },
  },
  test: {
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
    environment: 'node',
  },
});
