import { defineConfig } from 'vitest/config';

/** `npm run test:gpu`: needs a graphics card, so it is no part of `npm test`. */
export default defineConfig({
  test: {
    include: ['tests/gpu/**/*.gpu.ts'],
    environment: 'node',
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
