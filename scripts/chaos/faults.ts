import type { Fault } from './fault.ts'

/** Every fault that can be run today, in the order in which it runs; each loads when its turn comes. */
export const faults: readonly Fault[] = [
  {
    id: 'F-O12',
    title: 'applications and relays on one SQLite file, killed at any moment',
    transport: 'sqlite',
    run: async (options) => (await import('../../packages/sqlite/test/chaos/outbox-kills.ts')).runFault(options),
  },
]
