import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Starts processes or servers, or takes more than moments: stays out of `npm run test:unit`. */
const integration = ['packages/*/test/**/*.test.ts', 'examples/**/*.test.ts', '**/*.integration.test.ts']

// Every package resolves to its sources: no build stands between an edit and its test.
const conditions = ['@eventspine/source']

/** Real servers for whoever calls `connectServer`, each started once a run; nothing is started before the first call. */
const brokers = fileURLToPath(new URL('packages/brokers/src/vitest/setup.ts', import.meta.url))

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    exclude: ['**/dist/**', '**/node_modules/**'],
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts', 'benchmarks/**/*.test.ts'],
          exclude: integration,
        },
      },
      { extends: true, test: { name: 'integration', include: integration, globalSetup: [brokers] } },
    ],
  },
})
