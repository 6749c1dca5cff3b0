import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const gateway = process.env.BEDSIDE_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  server: {
    // The API and the live stream come from a running gateway; the origin is rewritten so that
    // its same-origin check on commands takes the development server for itself.
    proxy: {
      '/api': {
        target: gateway,
        changeOrigin: true,
        configure: (proxy) => {
          proxy.on('proxyReq', (request) => {
            request.setHeader('origin', new URL(gateway).origin);
          });
        },
      },
      '/openapi.yaml': { target: gateway, changeOrigin: true },
    },
  },
  build: {
    target: 'es2022',
    // An inlined asset would need data: in the content security policy for fonts.
    assetsInlineLimit: 0,
    sourcemap: false,
    rolldownOptions: {
      output: {
        // Mantine and React change seldom; apart from our code they stay cached over releases.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler|react-router)[\\/]/ },
            { name: 'mantine', test: /node_modules[\\/](@mantine|@floating-ui)[\\/]/ },
          ],
        },
      },
    },
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    environment: 'node',
  },
});
