import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@eventspine/source'] },
  ssr: { resolve: { conditions: ['@eventspine/source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'examples/*/**/*.test.ts', 'scripts/**/*.test.ts', 'benchmarks/**/*.test.ts'],
    exclude: ['**/dist/**', '**/node_modules/**'],
    testTimeout: 30_000,
  },
})
