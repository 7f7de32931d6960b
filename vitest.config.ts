import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Two cores: engines use worker threads of their own.
    maxWorkers: 2,
    pool: 'forks',
    testTimeout: 240_000,
  },
});
